//! Cases that every service passes (see the integrating commit).
