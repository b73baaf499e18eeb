//! The calls by which an administrator registers what somebody gets: passkeys, methods of other providers, hardware
//! tokens with their inventory, QR codes.

use super::super::methods::{external, fido2, hardware, qr_pin};
use super::super::permission::Need;
use super::super::tokens;
use super::{Entry, beta, read, write};

const TOKENS: &str = "directory/authenticationMethodDevices/hardwareOathDevices";
const TOKEN: &str = "directory/authenticationMethodDevices/hardwareOathDevices/*";

pub(super) static ROUTES: &[Entry] = &[
    write(
        "POST",
        "users/*/authentication/externalAuthenticationMethods",
        Need::Write("External"),
        external::create,
    ),
    write(
        "GET",
        "users/*/authentication/fido2Methods/creationOptions",
        Need::Write("Passkey"),
        fido2::options,
    ),
    write(
        "POST",
        "users/*/authentication/fido2Methods",
        Need::Write("Passkey"),
        fido2::create,
    ),
    beta(write(
        "POST",
        "users/*/authentication/hardwareOathMethods",
        Need::Write("HardwareOATH"),
        hardware::assign,
    )),
    beta(write(
        "POST",
        "users/*/authentication/hardwareOathMethods/assignAndActivate",
        Need::Write("HardwareOATH"),
        hardware::assign_and_activate,
    )),
    beta(write(
        "POST",
        "users/*/authentication/hardwareOathMethods/assignAndActivateBySerialNumber",
        Need::Write("HardwareOATH"),
        hardware::assign_and_activate_by_serial,
    )),
    beta(write(
        "POST",
        "users/*/authentication/hardwareOathMethods/*/activate",
        Need::Write("HardwareOATH"),
        hardware::activate,
    )),
    beta(write(
        "POST",
        "users/*/authentication/hardwareOathMethods/*/deactivate",
        Need::Write("HardwareOATH"),
        hardware::deactivate,
    )),
    beta(write(
        "PUT",
        "users/*/authentication/qrCodePinMethod",
        Need::Write("QR"),
        qr_pin::put,
    )),
    beta(read(
        "users/*/authentication/qrCodePinMethod/pin",
        Need::Read("QR"),
        qr_pin::pin_of,
    )),
    beta(write(
        "PATCH",
        "users/*/authentication/qrCodePinMethod/pin",
        Need::Write("QR"),
        qr_pin::pin_of,
    )),
    beta(read(
        "users/*/authentication/qrCodePinMethod/standardQRCode",
        Need::Read("QR"),
        qr_pin::code_of,
    )),
    beta(write(
        "PATCH",
        "users/*/authentication/qrCodePinMethod/standardQRCode",
        Need::Write("QR"),
        qr_pin::code_of,
    )),
    beta(write(
        "DELETE",
        "users/*/authentication/qrCodePinMethod/standardQRCode",
        Need::Write("QR"),
        qr_pin::code_of,
    )),
    beta(read(
        "users/*/authentication/qrCodePinMethod/temporaryQRCode",
        Need::Read("QR"),
        qr_pin::code_of,
    )),
    beta(write(
        "PATCH",
        "users/*/authentication/qrCodePinMethod/temporaryQRCode",
        Need::Write("QR"),
        qr_pin::code_of,
    )),
    beta(write(
        "DELETE",
        "users/*/authentication/qrCodePinMethod/temporaryQRCode",
        Need::Write("QR"),
        qr_pin::code_of,
    )),
    beta(read(TOKENS, Need::Policy, tokens::list)),
    beta(read(TOKEN, Need::Policy, tokens::get)),
    beta(write("POST", TOKENS, Need::SetPolicy, tokens::create)),
    beta(write("DELETE", TOKEN, Need::SetPolicy, tokens::delete)),
];
