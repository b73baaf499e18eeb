//! The one path of every change: who is meant (`select`, `input`), what is to be done (`plan`, `playbook`), whether it
//! may be (`guard`), doing it (`execute`), and the same written down (`planfile`). One person is a job of one. Nothing
//! here prints, asks or knows a vendor: a service reaches it as a trait object behind the gate.

pub mod audit;
pub mod caller;
pub mod execute;
#[cfg(test)]
mod fake;
mod filter;
pub mod guard;
pub mod input;
pub mod journal;
pub mod outcome;
pub mod plan;
pub mod planfile;
pub mod playbook;
pub mod policy;
pub mod remains;
pub mod select;
pub mod tokens;
pub mod undo;
pub mod witness;
