// SPDX-License-Identifier: BSD-2-Clause
//! Finds libmxcheck by pkg-config, without a crate for it.
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    let found = Command::new("pkg-config").args(["--libs", "mxcheck"]).output().expect("pkg-config is needed");
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    for flag in String::from_utf8_lossy(&found.stdout).split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={library}");
        }
    }
}
