//! A throw-away root with a certificate for this machine, to try HTTPS with. The root's own key is never written: what
//! it has signed is all that it will ever have signed.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, SerialNumber, date_time_ymd,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::Tls;
use crate::domain::{Clock, Error, ErrorCode, Result, SystemClock, private};

/// What the root is called: by it one's own files are told from others'.
const NAME: &str = "mfactl throw-away root";
/// How many days a certificate is good.
const DAYS: i64 = 30;
/// One that ends within so many seconds is made anew.
const LEFT_S: u64 = 86_400;
/// The files, in the order in which they are written.
const FILES: [&str; 3] = ["server.key", "server.pem", "ca.pem"];

/// What was made, or found as it was made before.
#[derive(Clone, Debug)]
pub struct Made {
    /// The root, for those who are to trust it.
    pub root: PathBuf,
    /// What the service is served with.
    pub tls: Tls,
}

/// Makes `ca.pem`, `server.pem` and `server.key` (0600) in this folder, for `localhost`, 127.0.0.1 and ::1, good for
/// thirty days; what is there from before and still good is left as it is.
///
/// # Errors
/// `file_unreadable` where files of these names were made by somebody else, or the folder cannot be written.
pub fn make_certificate(folder: &Path) -> Result<Made> {
    let now = SystemClock.now();
    let [key, certificate, root] = FILES.map(|name| folder.join(name));
    let made = Made {
        root,
        tls: Tls { certificate, key },
    };
    let there: Vec<&str> = FILES
        .into_iter()
        .filter(|name| folder.join(name).symlink_metadata().is_ok())
        .collect();
    if !there.is_empty() {
        if !is_ours(&made) {
            let names = there.join(", ");
            return Err(Error::new(
                ErrorCode::FileUnreadable,
                format!("{} holds {names} already, not made by mfactl", folder.display()),
            )
            .hint("name another folder: nothing that others made is replaced"));
        }
        if is_good(&made, now) {
            return Ok(made);
        }
    }
    make(folder, &made, now)?;
    Ok(made)
}

fn root_of(made: &Made) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_file(&made.root).ok()
}

/// Whether the files are those of an earlier run.
fn is_ours(made: &Made) -> bool {
    let named = |path: &Path| {
        CertificateDer::from_pem_file(path).is_ok_and(|certificate| {
            let name = NAME.as_bytes();
            certificate.windows(name.len()).any(|part| part == name)
        })
    };
    // The root is written last: without it nothing was finished, and the other certificate bears its issuer's name.
    let finished = made.root.symlink_metadata().is_ok();
    let only_ours = |path: &Path| path.symlink_metadata().is_ok_and(|data| data.is_file());
    let key_is_file = made.tls.key.symlink_metadata().is_err() || only_ours(&made.tls.key);
    key_is_file && named(&made.tls.certificate) && (!finished || named(&made.root))
}

/// Whether a client that trusts the root will take the certificate today and tomorrow, and the key belongs to it.
fn is_good(made: &Made, now: Timestamp) -> bool {
    let (Some(root), Ok(certificate)) = (
        root_of(made),
        CertificateDer::from_pem_file(&made.tls.certificate),
    ) else {
        return false;
    };
    let (Ok(anchor), Ok(leaf)) = (
        webpki::anchor_from_trusted_cert(&root),
        EndEntityCert::try_from(&certificate),
    ) else {
        return false;
    };
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let until = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds + LEFT_S));
    let anchors = [anchor];
    let verified = leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &[],
        until,
        KeyUsage::server_auth(),
        None,
        None,
    );
    verified.is_ok() && private::rights_of_others(&made.tls.key).is_none() && made.tls.load().is_ok()
}

fn make(folder: &Path, made: &Made, now: Timestamp) -> Result<()> {
    let [key, certificate, root] = pair(now).map_err(|error| {
        Error::new(
            ErrorCode::Internal,
            format!("the certificate cannot be made: {error}"),
        )
    })?;
    let cannot = |error: std::io::Error| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("{} cannot be written: {error}", folder.display()),
        )
    };
    private::make_folder(folder).map_err(cannot)?;
    store(folder, &made.tls.key, &key, true).map_err(cannot)?;
    store(folder, &made.tls.certificate, &certificate, false).map_err(cannot)?;
    store(folder, &made.root, &root, false).map_err(cannot)
}

/// Puts a file in its place, whole or not at all.
fn store(folder: &Path, to: &Path, text: &str, secret: bool) -> std::io::Result<()> {
    // A temporary file is for its owner alone, and so is what it becomes.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    if !secret {
        let rights = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(rights)?;
    }
    #[cfg(not(unix))]
    let _ = secret;
    file.as_file().sync_all()?;
    file.persist(to).map_err(|error| error.error)?;
    Ok(())
}

/// Key, certificate and root, in PEM.
fn pair(now: Timestamp) -> std::result::Result<[String; 3], rcgen::Error> {
    let day = |days: i64| {
        let date = now.to_zoned(TimeZone::UTC).date().saturating_add(days.days());
        let part = |part: i8| u8::try_from(part).unwrap_or(1);
        date_time_ymd(i32::from(date.year()), part(date.month()), part(date.day()))
    };
    let params = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (day(-1), day(DAYS));
        params.serial_number = Some(SerialNumber::from_slice(uuid::Uuid::new_v4().as_bytes()));
        params
    };
    let mut root = params(NAME);
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root_key = KeyPair::generate()?;
    let root_pem = root.self_signed(&root_key)?.pem();
    let issuer = Issuer::new(root, root_key);

    let mut server = params("localhost");
    server.subject_alt_names = vec![
        SanType::DnsName("localhost".try_into()?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &issuer)?.pem();
    Ok([key.serialize_pem(), certificate, root_pem])
}
