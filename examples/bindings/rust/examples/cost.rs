// SPDX-License-Identifier: BSD-2-Clause
//! cost UPSTREAM COUNT: prints "hit_ns=… cold_us=…", the CPU of a blocking check of a domain that is known, or not.
use mxcheck::{Checker, Verdict};

const HITS_EACH: i64 = 20;

extern "C" {
    /// Of ISO C; on Linux in microseconds (POSIX).
    fn clock() -> std::os::raw::c_long;
}

fn used() -> f64 {
    unsafe { clock() as f64 / 1e6 }
}

fn expect_accepted(checker: &Checker, address: &str) {
    let result = checker.check_rcpt(address).unwrap();
    assert_eq!(result.verdict(), Verdict::Accept, "{address}");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let count: i64 = arguments[2].parse().unwrap();
    let checker = Checker::new(&[("upstreams", &arguments[1])]).unwrap();
    expect_accepted(&checker, "u@warm.example");
    let mut started = used();
    for i in 0..count {
        expect_accepted(&checker, &format!("u@d{i}.example"));
    }
    let cold = used() - started;
    started = used();
    for _ in 0..count * HITS_EACH {
        expect_accepted(&checker, "u@warm.example");
    }
    let hit = used() - started;
    println!("hit_ns={:.0} cold_us={:.1}", hit * 1e9 / (count * HITS_EACH) as f64, cold * 1e6 / count as f64);
}
