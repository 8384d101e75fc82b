"""Tries what a user may not do, and prints for each line of standard input what the server said: `ok`, or its words.

    python permissions.py URL CA USER    with lines such as `publish events.order.placed` or `subscribe log.>`
"""

import asyncio
import ssl
import sys

import nats


async def main(url: str, ca: str, user: str) -> None:
    said: list[str] = []

    async def heard(error: Exception) -> None:
        said.append(str(error))

    context = ssl.create_default_context(cafile=ca)
    options = {"tls": context, "error_cb": heard, "inbox_prefix": f"_INBOX_{user}".encode()}
    connection = await nats.connect(url, **options)
    lines = sys.stdin.read().splitlines()
    for line in lines:
        verb, subject = line.split(" ")
        if verb == "publish":
            # Nobody is asked to answer.
            await connection.publish(subject, b"{}")
        else:
            await connection.subscribe(subject)
    # What the server says to all that comes before its answer to this, and is then told by a task of its own.
    await connection.flush()
    await asyncio.sleep(0.2)
    for line in lines:
        subject = line.split(" ")[1].lower()
        print(next((words for words in said if f'"{subject}"' in words.lower()), "ok"))
    await connection.close()


asyncio.run(main(*sys.argv[1:]))
