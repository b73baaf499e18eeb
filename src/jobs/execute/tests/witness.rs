//! What the witness sees, and when.

use super::*;

/// A witness that notes, and that cannot write from a certain call on.
#[derive(Default)]
struct Noting {
    log: std::sync::Mutex<Vec<String>>,
    broken: bool,
}

#[async_trait::async_trait]
impl Witness for Noting {
    async fn before(&self, steps: &[About]) -> Result<()> {
        if self.broken {
            return Err(Error::new(ErrorCode::DiskFull, "the disk is full"));
        }
        let lines = steps
            .iter()
            .map(|step| format!("before {} {}", step.step, step.target));
        self.log.lock().unwrap().extend(lines);
        Ok(())
    }

    async fn after(&self, ended: &[(String, StepRow)]) -> Result<()> {
        let lines = ended
            .iter()
            .map(|(_, row)| format!("after {} {} {}", row.step, row.target, row.status.as_str()));
        self.log.lock().unwrap().extend(lines);
        Ok(())
    }
}

#[tokio::test]
async fn the_witness_sees_each_step_before_it_is_sent_and_after_it_has_ended() {
    let fake = Fake::new(vec![adele()]);
    let plan = [fake.plan("adele", "x", &lost_phone()).unwrap()];
    let (journal, witness) = (journal(&plan).await, Noting::default());
    let sink = Kept::default();
    run(&fake, &journal, &sink, |job| job.witness = &witness)
        .await
        .unwrap();
    let log = witness.log.lock().unwrap().clone();
    assert_eq!(
        &log[..4],
        [
            "before change phone:mobile",
            "after change phone:mobile done",
            "before remove phone:alternate",
            "before remove authenticator"
        ]
    );
    assert_eq!(log.iter().filter(|line| line.starts_with("before")).count(), 6);
}

#[tokio::test]
async fn where_the_witness_cannot_write_nothing_is_sent() {
    let (fake, plans) = crowd(50);
    let journal = journal(&plans).await;
    let witness = Noting {
        broken: true,
        ..Noting::default()
    };
    let error = run(&fake, &journal, &Kept::default(), |job| job.witness = &witness).await;
    assert_eq!(error.unwrap_err().code(), ErrorCode::DiskFull);
    assert!(fake.sent.lock().unwrap().is_empty());
    assert_eq!(journal.summary().await.unwrap().steps.planned, 50);
}
