//! `devices list USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::domain::shape::DeviceRow;
use crate::domain::{DeviceKind, Parts, Result};
use crate::render::{self, text::counted};

/// Whose devices.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl devices list adele")]
pub struct Args {
    /// Sign-in names, object ids or primary mail addresses
    #[arg(required = true, value_name = "USER")]
    user: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { user } = self;
        let session = cx.connect(Intent::Read).await?;
        let parts = Parts {
            devices: true,
            ..Parts::NONE
        };
        let read = people::info(cx, &session, &user, &["devices", "list"], parts).await?;
        let rows: Vec<DeviceRow> = read
            .found
            .iter()
            .flat_map(|(user, info)| {
                let devices = info.devices.as_deref().unwrap_or_default();
                DeviceRow::list(&session.who(user), devices)
            })
            .collect();
        let mut out = cx.ui.stdout();
        let summary = people::summary(&session, &read, rows.len());
        render::devices(&cx.page(), &mut out, &rows, people::shape(&user), &summary)?;
        out.done()?;
        for (user, info) in &read.found {
            for unknown in &info.unknown {
                cx.ui.note(&format!(
                    "{}: {} not told: {}; {}",
                    user.sign_in_name,
                    unknown.part.replace('_', " "),
                    unknown.why,
                    unknown.instead
                ));
            }
        }
        let who: Vec<_> = read.found.iter().map(|(user, _)| session.who(user)).collect();
        if !who.is_empty() {
            let subject = people::subject(&session, &who.iter().collect::<Vec<_>>());
            let remembered = rows.iter().any(|row| row.kind == DeviceKind::Remembered);
            let untold = read.found.iter().any(|(_, info)| !info.unknown.is_empty());
            cx.ui.note(&match rows.len() {
                0 => format!("{subject}: no devices"),
                count => {
                    let devices = counted(count as u64, "device", "devices");
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
