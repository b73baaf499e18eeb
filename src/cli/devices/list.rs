//! `devices list USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::cli::who::Whose;
use crate::domain::shape::DeviceRow;
use crate::domain::{DeviceKind, Error, ErrorCode, Parts, Result};
use crate::render::{Rows, text::counted};

/// Whose devices.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl devices list adele")]
pub struct Args {
    #[command(flatten)]
    whose: Whose,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { whose } = self;
        let whose = whose.select(cx)?;
        let session = cx.connect(Intent::Read).await?;
        let parts = Parts {
            devices: true,
            ..Parts::NONE
        };
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let mut rows = Rows::new(&page, &mut out, whose.shape());
        let (mut remembered, mut untold) = (false, false);
        let mut withheld = None;
        let outcome = people::each(cx, &session, &whose, &["devices", "list"], parts, |user, info| {
            // Nothing at all is told: an empty list would say that there is none.
            if let (None, Some(unknown)) = (&info.devices, info.unknown.first()) {
                let part = unknown.part.replace('_', " ");
                let why = format!("cannot list {part}: {}", unknown.why);
                withheld = Some(Error::new(ErrorCode::PermissionMissing, why).hint(unknown.instead.as_str()));
                return Ok(());
            }
            for unknown in &info.unknown {
                untold = true;
                cx.ui.note(&format!(
                    "{}: {} not told: {}; {}",
                    user.sign_in_name,
                    unknown.part.replace('_', " "),
                    unknown.why,
                    unknown.instead
                ));
            }
            let list = DeviceRow::list(&session.who(user), info.devices.as_deref().unwrap_or_default());
            remembered |= list.iter().any(|row| row.kind == DeviceKind::Remembered);
            list.iter().try_for_each(|row| rows.push(row))
        })
        .await;
        let finished = people::finish(&session, rows, outcome);
        out.done()?;
        let (read, count) = finished?;
        if let Some(withheld) = withheld {
            return Err(withheld);
        }
        if let Some(subject) = read.subject(&session) {
            cx.ui.note(&match count {
                0 => format!("{subject}: no devices"),
                count => {
                    let devices = counted(count, "device", "devices");
                    if remembered {
                        format!("{devices}; \"devices forget\" ends remembering, registered ones stay")
                    } else if untold {
                        devices
                    } else {
                        format!("{devices}; none is remembered")
                    }
                }
            });
        }
        Ok(read.end(cx))
    }
}
