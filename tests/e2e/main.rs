//! The real binary, end to end: each behaviour of the mission with the state before and after by sign-in or recovery
//! evaluation, second runs, two processes at once, profiles over HTTP, prompts on a terminal, and the screens to the
//! letter. Nothing here looks inside the program.

#[cfg(test)]
mod again;
#[cfg(test)]
mod allowed;
#[cfg(test)]
mod audit;
#[cfg(test)]
#[path = "../../src/server/webauthn/authenticator.rs"]
mod authenticator;
#[cfg(test)]
mod caller;
#[cfg(test)]
mod clouds;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod enrol;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod http;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod many;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod person;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod prompt;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod running;
#[cfg(test)]
mod screen;
#[cfg(test)]
mod server;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod several;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod switch;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod together;
