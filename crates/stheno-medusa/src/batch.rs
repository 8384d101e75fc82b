//! Batch jobs: imports and exports that run in steps.

use crate::{define::ids, examples::BATCH_JOB};

ids! {
    /// Triggered when a batch job is created.
    #[event(name = "batch.created", key = "batch:/id", section = "Batch Jobs Events")]
    pub struct BatchCreated {
        /// ID of the batch job.
        id = BATCH_JOB,
    }

    /// Triggered when a batch job is updated.
    #[event(
        name = "batch.updated",
        key = "batch:/id",
        section = "Batch Jobs Events",
        note = "Also sent when errors of the job are recorded, just before `batch.failed`."
    )]
    pub struct BatchUpdated {
        /// ID of the batch job.
        id = BATCH_JOB,
    }

    /// Triggered when a batch job is canceled.
    #[event(name = "batch.canceled", key = "batch:/id", section = "Batch Jobs Events")]
    pub struct BatchCanceled {
        /// ID of the batch job.
        id = BATCH_JOB,
    }

    /// Triggered after the preProcessBatchJob of a batch job stategy is done executing.
    #[event(
        name = "batch.pre_processed",
        key = "batch:/id",
        section = "Batch Jobs Events",
        note = "Followed by `batch.confirmed` in the same transaction, unless the job is a dry run."
    )]
    pub struct BatchPreProcessed {
        /// ID of the batch job.
        id = BATCH_JOB,
    }

    /// Triggered after the batch job is done pre-processing and the batch job is not in dry-run mode.
    #[event(name = "batch.confirmed", key = "batch:/id", section = "Batch Jobs Events")]
    pub struct BatchConfirmed {
        /// ID of the batch job.
        id = BATCH_JOB,
    }

    /// Triggered when a batch job starts processing after it's confirmed.
    #[event(
        name = "batch.processing",
        key = "batch:/id",
        section = "Batch Jobs Events",
        note = "Sent in the transaction that completes the job, so it arrives together with `batch.completed` and not while the job runs."
    )]
    pub struct BatchProcessing {
        /// ID of the batch job.
        id = BATCH_JOB,
    }

    /// Triggered when a batch job is done processing and is completed.
    #[event(name = "batch.completed", key = "batch:/id", section = "Batch Jobs Events")]
    pub struct BatchCompleted {
        /// ID of the batch job.
        id = BATCH_JOB,
    }

    /// Triggered when an error occurs while running a batch job and the batch job fails.
    #[event(name = "batch.failed", key = "batch:/id", section = "Batch Jobs Events")]
    pub struct BatchFailed {
        /// ID of the batch job.
        id = BATCH_JOB,
    }
}
