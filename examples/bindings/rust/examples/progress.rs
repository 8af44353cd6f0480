// SPDX-License-Identifier: BSD-2-Clause
//! progress FILE [NAME=VALUE ...]: checks a list of addresses, one a line, a hundred at a time, with progress on standard error. It ends
//! with 1 where one is rejected, 2 where one could not be decided.
use mxcheck::{AsyncChecker, Check, CheckResult, Verdict};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

const AT_ONCE: usize = 100;

/// Nobody sleeps but in `wait`, so that waking needs nothing.
struct Awake;
impl Wake for Awake {
    fn wake(self: Arc<Self>) {}
}

fn check_all(checker: &AsyncChecker, addresses: &[String]) -> Result<Vec<CheckResult>, mxcheck::Error> {
    let waker = Waker::from(Arc::new(Awake));
    let mut results = Vec::new();
    let mut under_way: VecDeque<Check> = VecDeque::new();
    let mut rest = addresses.iter();
    while results.len() < addresses.len() {
        while under_way.len() < AT_ONCE {
            match rest.next() {
                Some(address) => under_way.push_back(checker.check_rcpt(address)?),
                None => break,
            }
        }
        checker.wait(None)?;
        checker.dispatch();
        while let Some(first) = under_way.front_mut() {
            match Pin::new(first).poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(result) => results.push(result),
                Poll::Pending => break,
            }
            under_way.pop_front();
        }
        eprint!("\r{} of {}", results.len(), addresses.len());
    }
    eprintln!();
    Ok(results)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: progress FILE [NAME=VALUE ...]")?;
    let settings: Vec<String> = arguments.collect();
    let options: Vec<(&str, &str)> = settings.iter().map(|setting| setting.split_once('=').unwrap_or((setting, ""))).collect();
    let text = std::fs::read_to_string(path)?;
    let addresses: Vec<String> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(String::from).collect();
    let results = check_all(&AsyncChecker::new(&options)?, &addresses)?;
    for (address, result) in addresses.iter().zip(&results) {
        println!("{address}\t{}\t{}", result.verdict(), result.reason().name());
    }
    let has = |verdict| results.iter().any(|result| result.verdict() == verdict);
    std::process::exit(if has(Verdict::Reject) { 1 } else { i32::from(has(Verdict::Defer)) * 2 });
}
