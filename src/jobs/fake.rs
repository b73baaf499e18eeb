//! A small identity service in memory, for the tests of this module: it keeps state, follows actions, and can be told
//! to lose answers or not to do what it says it did.

mod people;

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex};

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

pub(crate) use people::{Still, adele, method, number, user};

use super::plan::{self, Person, PlannedUser, Setting, Wish};
use crate::domain::{
    Action, Answer, AppPassword, Capabilities, Capability, Challenge, Clock as _, DeviceKind, Effect,
    EffectState, Error, ErrorCode, IdentityService, MethodId, MethodKind, Minted, Notice, Parts, Policy,
    Privileges, Purpose, RegistrationRow, ReportQuery, Result, Secret, SecurityInfo, Sessions, Step, User,
    UserId, UserQuery, Verdict,
};

/// What happens to a step instead of the usual.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It is done, and the answer is lost.
    LostAfter,
    /// It is not done, and the answer is lost.
    LostBefore,
    /// It says it was done, and was not.
    Lies,
    /// It fails.
    Fails(ErrorCode),
}

/// Where a service stands still, so that a program can be ended there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stand {
    Never,
    /// Before it asks for leave to send.
    BeforeLeave,
    /// When all of it is on the wire, and done.
    AfterSending,
}

pub(crate) struct Fake {
    pub(crate) capabilities: Capabilities,
    pub(crate) state: Mutex<Vec<(User, SecurityInfo)>>,
    /// Faults for the next steps, in order; `None`: none.
    pub(crate) faults: Mutex<VecDeque<Option<Fault>>>,
    /// Every batch that was sent, as `user:seq`.
    pub(crate) sent: Mutex<Vec<Vec<String>>>,
    /// Where it stands still.
    pub(crate) stands: Mutex<Stand>,
    /// Told when it stands.
    pub(crate) stood: tokio::sync::Notify,
}

/// Everything native.
pub(crate) fn everything() -> Capabilities {
    let mut all = vec![
        Capability::SetDefault,
        Capability::ListRemembered,
        Capability::ForgetOne,
        Capability::ForgetAll,
        Capability::ListSessions,
        Capability::SignOut,
        Capability::ListAppPasswords,
        Capability::RevokeAppPasswords,
        Capability::IssueAppPassword,
        Capability::SetPassword,
        Capability::GeneratePassword,
        Capability::RequireRegistration,
        Capability::MailRegistration,
        Capability::DisableAccount,
        Capability::EnableAccount,
        Capability::DisableDevice,
        Capability::SetMfaState,
    ];
    for kind in MethodKind::ALL {
        all.extend([
            Capability::Add(*kind),
            Capability::Update(*kind),
            Capability::Remove(*kind),
        ]);
    }
    let all = all.into_iter().map(|one| (one, Answer::Native)).collect();
    Capabilities::new(all).with_alternate_on_mobile()
}

impl Fake {
    pub(crate) fn new(people: Vec<(User, SecurityInfo)>) -> Self {
        Self {
            capabilities: everything(),
            state: Mutex::new(people),
            faults: Mutex::default(),
            sent: Mutex::default(),
            stands: Mutex::new(Stand::Never),
            stood: tokio::sync::Notify::new(),
        }
    }

    /// Stands still where that was asked for, until it is ended.
    async fn stand(&self, at: Stand) {
        if *self.stands.lock().unwrap() == at {
            self.stood.notify_one();
            std::future::pending::<()>().await;
        }
    }

    pub(crate) fn info(&self, name: &str) -> SecurityInfo {
        let state = self.state.lock().unwrap();
        state
            .iter()
            .find(|(user, _)| user.id.0 == format!("id-{name}"))
            .unwrap()
            .1
            .clone()
    }

    pub(crate) fn fault(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// The plan of a wish for one of the people as they stand.
    pub(crate) fn plan(&self, name: &str, verb: &str, wish: &Wish) -> Result<PlannedUser> {
        self.plan_with(name, verb, wish, None)
    }

    pub(crate) fn plan_with(
        &self,
        name: &str,
        verb: &str,
        wish: &Wish,
        policy: Option<Policy>,
    ) -> Result<PlannedUser> {
        let state = self.state.lock().unwrap();
        let (user, info) = state
            .iter()
            .find(|(user, _)| user.id.0 == format!("id-{name}"))
            .unwrap();
        let person = Person {
            user: user.clone(),
            typed: name.to_owned(),
            info: info.clone(),
            privileges: Privileges::default(),
            protected_by: vec![],
            policy,
        };
        plan::plan(&setting(&self.capabilities, verb), &person, wish)
    }
}

static OWN_PAGE: LazyLock<Notice> = LazyLock::new(|| Notice {
    text: "on the security info page".to_owned(),
    url: None,
});

pub(crate) fn setting<'a>(capabilities: &'a Capabilities, verb: &'a str) -> Setting<'a> {
    Setting {
        own_page: &OWN_PAGE,
        capabilities,
        profile: "local",
        tenant: "t",
        job: "job",
        prefix: "mfactl -p local",
        verb,
        now: Still.now(),
    }
}

fn minted(kind: &'static str) -> Effect {
    let mut effect = Effect::done();
    effect.secret = Some(Minted {
        kind,
        value: Secret::new("s3cret"),
        uri: None,
        expires_at: None,
    });
    effect
}

fn follow(user: &mut User, info: &mut SecurityInfo, action: &Action) -> Effect {
    let methods = info.methods.get_or_insert_default();
    match action {
        Action::AddPhone { kind, number, .. } => {
            let mut added = method(&format!("new-{kind}"), *kind);
            added.number = Some(number.clone());
            methods.push(added);
        }
        Action::AddEmail { address } => {
            let mut added = method("new-email", MethodKind::Email);
            added.address = Some(address.clone());
            methods.push(added);
        }
        Action::UpdatePhone { method, number, .. } => {
            for one in methods.iter_mut().filter(|one| one.id == *method) {
                one.number = Some(number.clone());
            }
        }
        Action::UpdateEmail { method, address } => {
            for one in methods.iter_mut().filter(|one| one.id == *method) {
                one.address = Some(address.clone());
            }
        }
        Action::RemoveMethod { method, .. } => {
            let before = methods.len();
            methods.retain(|one| one.id != *method);
            if methods.len() == before {
                return Effect::unchanged();
            }
        }
        Action::SetDefault { method, .. } => {
            for one in methods.iter_mut() {
                one.default = Some(one.id == *method);
            }
        }
        Action::ForgetAllDevices => {
            let devices = info.devices.get_or_insert_default();
            let before = devices.len();
            devices.retain(|device| device.kind != DeviceKind::Remembered);
            return Effect::done().detail((before - devices.len()).to_string());
        }
        Action::RevokeAllAppPasswords => {
            let all = info.app_passwords.get_or_insert_default();
            let count = all.len();
            all.clear();
            return Effect::done().detail(count.to_string());
        }
        Action::RevokeAppPassword { id, .. } => {
            info.app_passwords
                .get_or_insert_default()
                .retain(|one| one.id != *id);
        }
        Action::IssueAppPassword { name } => {
            info.app_passwords.get_or_insert_default().push(AppPassword {
                id: format!("new-{name}"),
                name: name.clone(),
                created_at: None,
                last_used_at: None,
            });
            return minted("app-password");
        }
        Action::AddTemporaryPass { .. } => {
            let mut effect = minted("temporary-pass");
            effect.created = Some("pass".into());
            methods.retain(|one| one.kind != MethodKind::TemporaryPass);
            methods.push(method("pass", MethodKind::TemporaryPass));
            return effect;
        }
        Action::GeneratePassword { .. } => return minted("password"),
        Action::SignOut => {
            info.sessions = Some(Sessions::default());
            return Effect::done().detail("open pages may work 60 minutes more");
        }
        Action::DisableAccount => user.enabled = false,
        Action::EnableAccount => user.enabled = true,
        Action::SwitchDevice { device, enabled } => {
            for one in info.devices.iter_mut().flatten() {
                if one.id == *device {
                    one.enabled = Some(*enabled);
                }
            }
        }
        _ => {}
    }
    Effect::done()
}

#[async_trait]
impl IdentityService for Fake {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        let UserQuery::Ids(texts) = query else {
            return stream::empty().boxed();
        };
        let state = self.state.lock().unwrap();
        let meant = |user: &User| {
            texts.iter().any(|text| {
                [Some(&user.id.0), Some(&user.sign_in_name), user.mail.as_ref()].contains(&Some(text))
            })
        };
        let found: Vec<_> = state
            .iter()
            .filter(|(user, _)| meant(user))
            .map(|(user, _)| Ok(user.clone()))
            .collect();
        stream::iter(found).boxed()
    }

    async fn security_info(&self, users: &[UserId], _parts: Parts) -> Vec<Result<SecurityInfo>> {
        let state = self.state.lock().unwrap();
        let find = |id: &UserId| state.iter().find(|(user, _)| user.id == *id);
        users
            .iter()
            .map(|id| {
                find(id)
                    .map(|(_, info)| info.clone())
                    .ok_or_else(|| Error::new(ErrorCode::UserNotFound, "nobody"))
            })
            .collect()
    }

    async fn privileges(&self, users: &[UserId]) -> Vec<Result<Privileges>> {
        users.iter().map(|_| Ok(Privileges::default())).collect()
    }

    async fn policy(&self, _user: Option<&UserId>) -> Result<Policy> {
        Err(Error::new(ErrorCode::Unsupported, "no policy here"))
    }

    fn registration<'a>(&'a self, _query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
        stream::empty().boxed()
    }

    async fn challenge(&self, _user: &UserId, _method: &MethodId, _purpose: Purpose) -> Result<Challenge> {
        Err(Error::new(ErrorCode::Unsupported, "no challenge here"))
    }

    async fn answer(&self, _challenge: &Challenge, _code: Secret) -> Result<Verdict> {
        Ok(Verdict::Expired)
    }

    async fn apply(&self, steps: &[Step]) -> Vec<Result<Effect>> {
        self.stand(Stand::BeforeLeave).await;
        let leave = steps.iter().map(|step| async {
            match &step.leave {
                Some(leave) => leave.ask().await,
                None => Ok(()),
            }
        });
        let leave = futures::future::join_all(leave).await;
        let effects = self.follow_all(steps, leave);
        self.stand(Stand::AfterSending).await;
        effects
    }
}

impl Fake {
    fn follow_all(&self, steps: &[Step], leave: Vec<Result<()>>) -> Vec<Result<Effect>> {
        let names: Vec<String> = steps
            .iter()
            .zip(&leave)
            .filter(|(_, leave)| leave.is_ok())
            .map(|(step, _)| format!("{}:{}", step.user, step.seq))
            .collect();
        if !names.is_empty() {
            self.sent.lock().unwrap().push(names);
        }
        let mut state = self.state.lock().unwrap();
        let mut faults = self.faults.lock().unwrap();
        steps
            .iter()
            .zip(leave)
            .map(|(step, leave)| {
                leave?;
                let fault = faults.pop_front().flatten();
                if let Some(Fault::Fails(code)) = fault {
                    return Err(Error::new(code, "it failed"));
                }
                let (user, info) = state
                    .iter_mut()
                    .find(|(user, _)| user.id == step.user)
                    .map(|(user, info)| (user, info))
                    .unwrap();
                match fault {
                    Some(Fault::LostBefore) => Ok(Effect::of(EffectState::Unknown)),
                    Some(Fault::Lies) => Ok(Effect::done()),
                    Some(Fault::LostAfter) => {
                        follow(user, info, &step.action);
                        Ok(Effect::of(EffectState::Unknown))
                    }
                    _ => Ok(follow(user, info, &step.action)),
                }
            })
            .collect()
    }
}
