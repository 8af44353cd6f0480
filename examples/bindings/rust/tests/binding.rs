// SPDX-License-Identifier: BSD-2-Clause
//! The binding over a real name server.
use mxcheck::{AsyncChecker, Cache, Checker, Config, How, Reason, Role, Verdict};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

const GOOD: &str = "u@ok-mx.mx.example";
const ABSENT: &str = "u@nxdomain.mx.example";
const SILENT: &str = "u@to-all.f.mx.example";

fn upstream() -> String {
    std::env::var("MXCHECK_TEST_UPSTREAM").unwrap()
}

fn checker(options: &[(&str, &str)]) -> Checker {
    let upstream = upstream();
    Checker::new(&[&[("upstreams", upstream.as_str())], options].concat()).unwrap()
}

fn asynchronous(options: &[(&str, &str)]) -> AsyncChecker {
    let upstream = upstream();
    AsyncChecker::new(&[&[("upstreams", upstream.as_str())], options].concat()).unwrap()
}

#[test]
fn every_function_and_reason_of_the_header_is_there() {
    let header = std::fs::read_to_string(std::env::var("MXCHECK_HEADER").unwrap()).unwrap();
    let sys = include_str!("../mxcheck-sys/src/lib.rs");
    let mut functions = 0;
    for declaration in header.split("MXCHECK_API").skip(1) {
        let name = declaration.split('(').next().unwrap().split(|letter: char| !letter.is_alphanumeric() && letter != '_').last().unwrap();
        if name.starts_with("mxcheck_") {
            assert!(sys.contains(&format!("pub fn {name}(")), "{name}");
            functions += 1;
        }
    }
    assert!(functions > 60);
    for reason in mxcheck::reasons() {
        assert!(!matches!(reason, Reason::Unknown(_)));
        assert!(header.contains(&format!(" = {}", reason.number())));
        assert_eq!(Reason::from_number(reason.number()), reason);
    }
    assert_eq!(Reason::from_number(9999), Reason::Unknown(9999));
    assert_eq!(Reason::Unknown(9999).name(), "unknown");
}

#[test]
fn a_result_tells_all_and_outlives_its_checker() {
    let checker = checker(&[("depth", "targets"), ("forbidden-networks", "none")]);
    let result = checker.check_rcpt(GOOD).unwrap();
    assert!(checker.check_rcpt(GOOD).unwrap().is_cached());
    assert_eq!(checker.stats().hits, 1);
    drop(checker);
    assert_eq!((result.verdict(), result.reason(), result.smtp_code()), (Verdict::Accept, Reason::Mx, 250));
    assert_eq!((result.address(), result.domain()), (GOOD.as_bytes(), "ok-mx.mx.example"));
    assert_eq!(result.clone().reply(Some("ID")), "250 2.1.5 ID recipient ok");
    assert!(result.json(Some("ID")).contains("250 2.1.5 ID recipient ok"));
    assert!(!result.mxs()[0].addresses.is_empty() && result.ttl() > Duration::ZERO);
}

#[test]
fn texts_have_lengths() {
    let checker = checker(&[]);
    let result = checker.check_rcpt("u@ok-mx.mx.example\0.evil").unwrap();
    assert_eq!((result.reason(), result.address().len()), (Reason::BadAddress, 24));
    assert_eq!(checker.check_sender("").unwrap().reason(), Reason::NullSender);
    assert_eq!(checker.check_rcpt(b"\xff\xfe@x.invalid").unwrap().verdict(), Verdict::Reject);
    let domain = How { is_domain: true, ..How::default() };
    assert_eq!(checker.check(Role::Rcpt, "nxdomain.mx.example", domain).unwrap().reason(), Reason::NoSuchDomain);
    let results = checker.check_rcpts(&[GOOD, ABSENT]).unwrap();
    assert_eq!(results.iter().map(|result| result.verdict()).collect::<Vec<_>>(), [Verdict::Accept, Verdict::Reject]);
    assert!(checker.check_rcpts(&[]).unwrap().is_empty());
}

#[test]
fn errors_are_no_verdicts() {
    assert!(Checker::new(&[("timeout", "soon")]).err().unwrap().to_string().contains("timeout"));
    let cached = How { is_cached: true, ..How::default() };
    assert!(checker(&[]).check(Role::Rcpt, GOOD, cached).unwrap_err().is_not_cached());
    let brief = How { timeout: Some(Duration::from_millis(50)), ..How::default() };
    assert_eq!(checker(&[("timeout", "600s")]).check(Role::Rcpt, SILENT, brief).unwrap().reason(), Reason::DnsTimeout);
    assert!(Cache::shared(Some("/nowhere/at/all"), 1 << 20).is_err());
}

#[test]
fn threads_share_a_checker_and_are_stopped() {
    let checker = Arc::new(checker(&[("timeout", "600s")]));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let checker = checker.clone();
            std::thread::spawn(move || checker.check_rcpt(SILENT).unwrap_err().name())
        })
        .collect();
    assert_eq!(checker.check_rcpt(GOOD).unwrap().verdict(), Verdict::Accept);
    checker.stop();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), "stopped");
    }
}

struct Flag(AtomicUsize);
impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The least executor that there is: one future, and the checker for an event loop.
fn run<T>(checker: &AsyncChecker, future: impl Future<Output = T>) -> T {
    let flag = Arc::new(Flag(AtomicUsize::new(0)));
    let waker = Waker::from(flag.clone());
    let mut future = Box::pin(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        let woken = flag.0.load(Ordering::SeqCst);
        while flag.0.load(Ordering::SeqCst) == woken {
            checker.wait(None).unwrap();
            checker.dispatch();
        }
    }
}

#[test]
fn futures_are_ready_when_checks_have_ended() {
    let checker = asynchronous(&[("timeout", "600s")]);
    let verdicts = run(&checker, async {
        let many: Vec<_> = (0..200).map(|i| checker.check_rcpt(if i % 2 == 0 { GOOD } else { ABSENT }).unwrap()).collect();
        let mut verdicts = Vec::new();
        for check in many {
            verdicts.push(check.await.verdict());
        }
        verdicts
    });
    assert_eq!(verdicts.len(), 200);
    assert!(verdicts.chunks(2).all(|two| two == [Verdict::Accept, Verdict::Reject]));
    let brief = How { timeout: Some(Duration::from_millis(50)), ..How::default() };
    assert_eq!(run(&checker, checker.check(Role::Rcpt, SILENT, brief).unwrap()).reason(), Reason::DnsTimeout);
    let cached = How { is_cached: true, ..How::default() };
    assert!(checker.check(Role::Rcpt, "u@null-mx.mx.example", cached).err().unwrap().is_not_cached());
    assert_eq!(checker.pending(), 0);
}

#[test]
fn dropping_a_future_cancels_its_check() {
    let checker = asynchronous(&[("timeout", "600s")]);
    let mut check = checker.check_rcpt(SILENT).unwrap();
    let waker = Waker::from(Arc::new(Flag(AtomicUsize::new(0))));
    assert!(Pin::new(&mut check).poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(checker.pending(), 1);
    drop(check);
    assert_eq!(checker.pending(), 0);
    let last = checker.check_rcpt(SILENT).unwrap();
    drop(checker); // the future keeps the context
    drop(last);
}

#[test]
fn caches_and_logs_are_shared() {
    let lines = Arc::new(AtomicUsize::new(0));
    let cache = Cache::new(1 << 20).unwrap();
    let mut config = Config::new().unwrap();
    config.set("upstreams", &upstream()).unwrap();
    config.set_cache(&cache);
    let count = lines.clone();
    config.set_log(3, move |_, line, _| {
        assert!(line.contains("accept"));
        count.fetch_add(1, Ordering::SeqCst);
    });
    let (one, other) = (Checker::with(&config).unwrap(), Checker::with(&config).unwrap());
    drop(config);
    one.check_rcpt(GOOD).unwrap();
    assert!(other.check_rcpt(GOOD).unwrap().is_cached());
    cache.clone().flush(None);
    assert!(!other.check_rcpt(GOOD).unwrap().is_cached());
    assert_eq!(lines.load(Ordering::SeqCst), 3);
}
