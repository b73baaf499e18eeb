//! `local serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::Data;
use crate::cli::context::Context;
use crate::config::Place;
use crate::domain::{Error, ErrorCode, Result};
use crate::render::write;
use crate::server;

/// How long clients get to end.
const CLOSING: Duration = Duration::from_secs(2);

/// How to serve.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl local serve --listen 127.0.0.1:8080\n  mfactl local serve --listen 127.0.0.1:0 --data demo.db --graph-only\n  mfactl local serve --listen 127.0.0.1:0 --throttle 50/s --faults faults.toml\n  mfactl local serve --listen 127.0.0.1:8443 --make-cert ./tls"
)]
pub struct Args {
    #[command(flatten)]
    data: Data,
    /// Listen here; port 0 picks one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Serve Microsoft Graph's part alone: the extensions answer 404
    #[arg(long)]
    graph_only: bool,
    /// Take an address that other machines can reach; without a certificate passwords travel in clear
    #[arg(long)]
    allow_remote_clients: bool,
    /// Serve so many resource units a second, as Graph counts them; more is answered with 429
    #[arg(long, value_name = "UNITS[/s]")]
    throttle: Option<server::Rate>,
    /// Go wrong on purpose, by the rules in this file (docs/faults.md)
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Speak HTTPS with this certificate (PEM, with what leads to its root)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM, not encrypted)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Speak HTTPS with a certificate for this machine, made in this folder with a throw-away root, ca.pem
    #[arg(long, value_name = "DIR", conflicts_with = "tls_cert")]
    make_cert: Option<PathBuf>,
    /// Let the application prove itself with this certificate too (PEM or DER)
    #[arg(long, value_name = "FILE")]
    trust_certificate: Vec<PathBuf>,
    /// Let tokens of the issuer in this file stand for the application (docs/identity-provider.md)
    #[arg(long, value_name = "FILE")]
    trust_issuer: Vec<PathBuf>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            data: Data { data },
            listen,
            graph_only,
            allow_remote_clients,
            throttle,
            faults,
            tls_cert,
            tls_key,
            make_cert,
            trust_certificate,
            trust_issuer,
        } = self;
        if !listen.ip().is_loopback() && !allow_remote_clients {
            let reachable = format!("{} can be reached from other machines", listen.ip());
            let (text, hint) = if tls_cert.is_some() || make_cert.is_some() {
                (
                    reachable,
                    "listen on 127.0.0.1:PORT, or add --allow-remote-clients",
                )
            } else {
                (
                    format!("{reachable}, and the service speaks plain HTTP"),
                    "listen on 127.0.0.1:PORT, or add --allow-remote-clients: passwords travel in clear then",
                )
            };
            return Err(Error::new(ErrorCode::Usage, text).hint(hint));
        }
        cx.interrupt.watch()?;
        // A server is ended by a signal; that is no error.
        let _hold = cx.interrupt.hold();
        let profile = cx.local_profile(data)?;
        let Place::Inside(path) = profile.place else {
            return Err(Error::new(
                ErrorCode::Usage,
                format!("profile \"{}\" is a service elsewhere", profile.name),
            )
            .hint("leave out -p, or name the file with --data"));
        };
        let mut options = server::Options::new(path);
        options.listen = listen;
        options.graph_only = graph_only;
        options.allow_remote = allow_remote_clients;
        options.throttle = throttle;
        options.faults = faults;
        options.record = cx.record_folder();
        options.trusted = server::Trusted::read(&trust_certificate, &trust_issuer)?;
        let made = make_cert.as_deref().map(server::make_certificate).transpose()?;
        options.tls = match (tls_cert, tls_key) {
            (Some(certificate), Some(key)) => Some(server::Tls { certificate, key }),
            _ => made.as_ref().map(|made| made.tls.clone()),
        };
        let running = server::spawn(options).await?;
        let endpoint = &running.endpoint;
        let mut line = json!({
            "graph": endpoint.graph,
            "authority": endpoint.authority,
            "tenant": endpoint.tenant,
            "client_id": endpoint.client_id,
            "client_secret": endpoint.client_secret.expose(),
        });
        if let Some(made) = &made {
            line["ca_bundle"] = json!(made.root);
        }
        let mut out = cx.ui.stdout();
        write(&mut out, format!("{line}\n").as_bytes())?;
        out.done()?;
        drop(out);
        cx.ui.note("serving demo data; Ctrl-C ends it");
        cx.interrupt.wait().await;
        // What is in flight is answered; a client that only keeps its connection open is not waited for.
        match tokio::time::timeout(CLOSING, running.stop()).await {
            Ok(stopped) => stopped.map(|()| 0),
            Err(_) => Ok(0),
        }
    }
}
