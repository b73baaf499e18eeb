//! The peer of `mfactl --help`: the least that a program can do and still say something.

fn main() {
    println!("prints and exits");
}
