//! Tasks on threads that are held, and that end.

use std::sync::mpsc;

use super::{
    tasks::{Cut, Tasks},
    *,
};

fn pool() -> Arc<Pool> {
    Pool::new(Handle::current(), &Handle::current())
}

#[tokio::test]
async fn a_task_is_polled_until_it_is_ready_and_says_how_it_ended() {
    let mut tasks = Tasks::new(&pool());
    let first = tasks.spawn(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tokio::task::yield_now().await;
        let mut spawned = tokio::task::JoinSet::new();
        spawned.spawn(async { 7 });
        spawned.join_next().await.unwrap().unwrap()
    });
    let (id, result) = tasks.next_end().await.unwrap();
    assert_eq!((id, result.unwrap()), (first, 7));
    assert!(tasks.next_end().await.is_none());
}

#[tokio::test]
async fn a_panic_ends_its_task_alone() {
    let mut tasks = Tasks::<u8>::new(&pool());
    tasks.spawn(async { panic!("on purpose") });
    let (_, result) = tasks.next_end().await.unwrap();
    assert!(matches!(result, Err(Cut::Panicked(_))));
    tasks.spawn(async { 1 });
    assert_eq!(tasks.next_end().await.unwrap().1.unwrap(), 1);
}

#[tokio::test]
async fn what_is_cancelled_is_dropped_where_it_waits() {
    let mut tasks = Tasks::<u8>::new(&pool());
    let (held, dropped) = mpsc::channel::<()>();
    tasks.spawn(async move {
        let _held = held;
        std::future::pending().await
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    tasks.cancel();
    assert!(matches!(tasks.next_end().await.unwrap().1, Err(Cut::Cancelled)));
    assert_eq!(dropped.recv(), Err(mpsc::RecvError));
}

#[tokio::test]
async fn threads_are_added_while_all_are_held_and_end_when_they_are_not_needed() {
    let pool = pool();
    let base = pool.0.base;
    let mut blocked = Tasks::new(&pool);
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    for _ in 0..base + 3 {
        let held = Arc::clone(&held);
        blocked.spawn(async move { drop(held.lock().map(|held| held.recv())) });
    }
    let mut others = Tasks::new(&pool);
    for _ in 0..20 {
        others.spawn(async { tokio::time::sleep(Duration::from_millis(1)).await });
    }
    for _ in 0..20 {
        others.next_end().await.unwrap().1.unwrap();
    }
    assert!(pool.threads() > base);
    drop(release);
    while blocked.next_end().await.is_some() {}
    while pool.threads() > base {
        others.spawn(async {});
        others.next_end().await.unwrap().1.unwrap();
    }
}

#[tokio::test]
async fn threads_end_with_the_pool() {
    let pool = pool();
    let shared = Arc::downgrade(&pool.0);
    let mut tasks = Tasks::new(&pool);
    tasks.spawn(async {});
    tasks.next_end().await.unwrap().1.unwrap();
    drop((tasks, pool));
    // The watcher and the threads have it no longer.
    while shared.upgrade().is_some() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
