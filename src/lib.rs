//! mfactl puts people's sign-in security info right. The library holds everything; the binary only calls [`app`].
//!
//! Which module may import which is in ARCHITECTURE.md and held by `tests/architecture.rs`.

pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod domain;
mod http;
pub mod jobs;
pub mod render;
pub mod server;
pub mod services;
pub mod ui;
