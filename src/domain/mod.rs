//! What the program is about, in the field's own words. Imports nothing else of this program, sends nothing, prints
//! nothing; whatever two verbs, two services or the embedded service must agree on lives here.

mod action;
mod assertion;
mod assumption;
mod audit;
mod capability;
mod clock;
mod device;
mod effect;
mod error;
pub(crate) mod filter;
mod guard;
mod kind;
mod leave;
mod method;
mod mfa;
mod network;
mod pace;
mod pasted;
mod phone;
mod policy;
pub(crate) mod private;
mod progress;
pub mod reference;
mod right;
pub(crate) mod role;
mod secret;
mod service;
pub mod shape;
mod token;
mod user;
pub(crate) mod written;

pub use action::{Action, Step, StepClass};
pub use assertion::AssertionSource;
pub use assumption::{Assumption, Held, Verified};
pub use audit::{AuditKind, AuditOperator, AuditRow};
pub use capability::{Answer, Capabilities, Capability};
pub use clock::{Clock, SystemClock};
pub use device::{Device, DeviceKind};
pub use effect::{Effect, EffectState, Minted, Notice, Status};
pub use error::{Error, ErrorBody, ErrorCode, Match, Place, Result};
pub use guard::{Guard, Machine, MachineGuard};
pub use kind::{MethodKind, UnknownKind};
pub use leave::{Doorkeeper, Leave};
pub use method::{
    AppPassword, DeviceId, Method, MethodId, MethodState, Parts, Registration, RegistrationState,
    SecurityInfo, Sessions, SystemPreferred, UnknownPart, Use, UserId, Via,
};
pub use mfa::MfaState;
pub use network::{Network, Proxy, is_loopback};
pub use pace::{Bucket, Cost, Grant, Kind, Limits, Meter, Pace, Told, WaitReason, Waiting};
pub use pasted::Pasted;
pub use phone::{BadNumber, PhoneNumber, is_region};
pub use policy::{
    AppPasswordPolicy, MethodPolicy, Policy, PolicyUse, RegistrationPolicy, RememberedDevicesPolicy, Setting,
    SettingName, Target, TargetType,
};
pub use progress::{Counts, Progress};
pub use right::{Lack, Right, Standing, Weight};
pub use secret::{Secret, Slot, Slots};
pub use service::{Asked, Challenge, IdentityService, Purpose, RegistrationRow, Verdict};
pub use token::{HardwareToken, NewToken, TokenHash, TokenStatus};
pub use user::{Operator, Privileges, ReportQuery, User, UserQuery, Without};
