// SPDX-License-Identifier: BSD-2-Clause
//! Can mail to this domain be delivered at all? The binding of libmxcheck.
//!
//! ```no_run
//! let checker = mxcheck::Checker::new(&[("depth", "targets")])?;
//! let result = checker.check_rcpt("bob@example.com")?;
//! if result.verdict() != mxcheck::Verdict::Accept {
//!     println!("{}", result.reply(Some("4bXyZ")));
//! }
//! # Ok::<(), mxcheck::Error>(())
//! ```
//!
//! [`Checker`] waits, in any number of threads. [`AsyncChecker`] gives futures for any executor; whoever runs the event loop watches its
//! descriptor and calls [`AsyncChecker::dispatch`].
use mxcheck_sys as sys;
use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::future::Future;
use std::os::raw::{c_char, c_int, c_void};
use std::os::unix::io::{AsRawFd, RawFd};
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::{fmt, slice, str};

/// What to do with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    Accept,
    Defer,
    Reject,
}

/// Which command of the SMTP dialogue an address stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Sender = 1,
    Rcpt = 2,
}

macro_rules! reasons {
    ($($name:ident = $number:literal),* $(,)?) => {
        /// Why. A later library may add reasons, which are `Unknown` with their number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason { $($name,)* Unknown(i32) }

        impl Reason {
            pub fn from_number(number: i32) -> Reason {
                match number { $($number => Reason::$name,)* other => Reason::Unknown(other) }
            }
            pub fn number(self) -> i32 {
                match self { $(Reason::$name => $number,)* Reason::Unknown(number) => number }
            }
        }
    };
}
reasons! {
    Mx = 1, ImplicitA = 2, ImplicitAaaa = 3, NullSender = 4, Postmaster = 5, AddressLiteral = 6, Exempt = 7, DnsFailureAllowed = 8,
    NoSuchDomain = 100, NoRecords = 101, NullMx = 102, MxUnresolvable = 103, MxForbidden = 104, BadAddress = 105, SpecialUse = 106,
    LiteralRefused = 107, MxRefused = 108, NoteRefused = 109, DnsTimeout = 200, DnsFailure = 201, DnssecBogus = 202, Overloaded = 203,
}

impl Reason {
    /// The word for it, as the loaded library has it.
    pub fn name(self) -> &'static str {
        text(unsafe { sys::mxcheck_reason_name(self.number()) })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Verdict::Accept => "accept",
            Verdict::Defer => "defer",
            Verdict::Reject => "reject",
        })
    }
}

/// All reasons that the loaded library knows.
pub fn reasons() -> Vec<Reason> {
    (0..unsafe { sys::mxcheck_reason_count() }).map(|i| Reason::from_number(unsafe { sys::mxcheck_reason_at(i) })).collect()
}

/// Of the loaded library.
pub fn version() -> &'static str {
    text(unsafe { sys::mxcheck_version() })
}

/// An error of the caller or of the machine; never a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: i32,
    text: String,
}

impl Error {
    fn of(status: c_int) -> Error {
        Error { status, text: text(unsafe { sys::mxcheck_status_text(status) }).to_owned() }
    }
    /// The word for it: "no-memory", "stopped", "not-cached".
    pub fn name(&self) -> &'static str {
        text(unsafe { sys::mxcheck_status_name(self.status) })
    }
    pub fn is_not_cached(&self) -> bool {
        self.status == sys::MXCHECK_ERR_NOT_CACHED
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
impl std::error::Error for Error {}

fn check(status: c_int) -> Result<(), Error> {
    if status == sys::MXCHECK_OK {
        Ok(())
    } else {
        Err(Error::of(status))
    }
}

/// A static text of the library, which is ASCII.
fn text(pointer: *const c_char) -> &'static str {
    if pointer.is_null() {
        return "";
    }
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap_or("")
}

fn c_string(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error { status: -1, text: "a NUL in a name or a value".to_owned() })
}

/// What is known of domains, for any number of checkers and threads; a clone is the same cache.
pub struct Cache(*mut sys::mxcheck_cache);
unsafe impl Send for Cache {}
unsafe impl Sync for Cache {}

impl Cache {
    pub fn new(max_bytes: usize) -> Result<Cache, Error> {
        let mut made = ptr::null_mut();
        check(unsafe { sys::mxcheck_cache_new(max_bytes, &mut made) })?;
        Ok(Cache(made))
    }
    /// Shared by all processes of this user that name the file; `None`: by children that are forked later.
    pub fn shared(path: Option<&str>, max_bytes: usize) -> Result<Cache, Error> {
        let mut made = ptr::null_mut();
        let path = path.map(c_string).transpose()?;
        let name = path.as_ref().map_or(ptr::null(), |path| path.as_ptr());
        check(unsafe { sys::mxcheck_cache_new_shared(name, max_bytes, &mut made) })?;
        Ok(Cache(made))
    }
    /// Remove a domain, or everything.
    pub fn flush(&self, domain: Option<&str>) {
        let domain = domain.and_then(|domain| CString::new(domain).ok());
        unsafe { sys::mxcheck_cache_flush(self.0, domain.as_ref().map_or(ptr::null(), |domain| domain.as_ptr())) }
    }
}
impl Clone for Cache {
    fn clone(&self) -> Cache {
        Cache(unsafe { sys::mxcheck_cache_ref(self.0) })
    }
}
impl Drop for Cache {
    fn drop(&mut self) {
        unsafe { sys::mxcheck_cache_unref(self.0) }
    }
}

type Log = Box<dyn Fn(i32, &str, u64) + Send + Sync>;

unsafe extern "C" fn on_log(level: c_int, line: *const c_char, id: u64, log: *mut c_void) {
    (*(log as *const Log))(level, text(line), id)
}

/// Options, as text.
pub struct Config {
    raw: *mut sys::mxcheck_config,
    log: Option<std::sync::Arc<Log>>,
}
unsafe impl Send for Config {}

impl Config {
    pub fn new() -> Result<Config, Error> {
        let mut raw = ptr::null_mut();
        check(unsafe { sys::mxcheck_config_new(&mut raw) })?;
        Ok(Config { raw, log: None })
    }
    fn told(&self, status: c_int) -> Result<(), Error> {
        check(status).map_err(|error| match unsafe { sys::mxcheck_config_error(self.raw) } {
            why if status == -3 || status == -4 => Error { status, text: text(why).to_owned() },
            _ => error,
        })
    }
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let (name, value) = (c_string(name)?, c_string(value)?);
        self.told(unsafe { sys::mxcheck_config_set(self.raw, name.as_ptr(), value.as_ptr()) })
    }
    /// Read a file of `name = value` lines; after an error nothing has changed.
    pub fn load(&mut self, path: &str) -> Result<(), Error> {
        let path = c_string(path)?;
        self.told(unsafe { sys::mxcheck_config_load(self.raw, path.as_ptr()) })
    }
    pub fn set_cache(&mut self, cache: &Cache) {
        unsafe { sys::mxcheck_config_set_cache(self.raw, cache.0) };
    }
    /// `log(level, line, id of the asynchronous check or 0)`, on the thread that checks; levels are 1 (error) to 4 (debug).
    pub fn set_log(&mut self, level: i32, log: impl Fn(i32, &str, u64) + Send + Sync + 'static) {
        let log: std::sync::Arc<Log> = std::sync::Arc::new(Box::new(log));
        let data = &*log as *const Log as *mut c_void;
        unsafe { sys::mxcheck_config_set_log(self.raw, level, Some(on_log), data) };
        self.log = Some(log);
    }
    fn make(&self) -> Result<Raw, Error> {
        let mut ctx = ptr::null_mut();
        self.told(unsafe { sys::mxcheck_ctx_new(self.raw, &mut ctx) })?;
        Ok(Raw { ctx, _log: self.log.clone() })
    }
}
impl Drop for Config {
    fn drop(&mut self) {
        unsafe { sys::mxcheck_config_free(self.raw) }
    }
}

fn configure(options: &[(&str, &str)]) -> Result<Config, Error> {
    let mut config = Config::new()?;
    options.iter().try_for_each(|(name, value)| config.set(name, value))?;
    Ok(config)
}

/// A context, and what must live as long.
struct Raw {
    ctx: *mut sys::mxcheck_ctx,
    _log: Option<std::sync::Arc<Log>>,
}
impl Drop for Raw {
    fn drop(&mut self) {
        unsafe { sys::mxcheck_ctx_free(self.ctx) }
    }
}

/// How a check is made, besides its text.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// The text is a domain, without a local part.
    pub is_domain: bool,
    /// Never wait: an error that `is_not_cached` where DNS would have to be asked.
    pub is_cached: bool,
    /// How long DNS may take; then the domain is deferred. `None`: the option `timeout`.
    pub timeout: Option<Duration>,
}
impl How {
    fn flags(self) -> u32 {
        (if self.is_domain { sys::MXCHECK_CHECK_DOMAIN } else { 0 }) | (if self.is_cached { sys::MXCHECK_CHECK_CACHED } else { 0 })
    }
    fn timeout_ms(self) -> u32 {
        self.timeout.map_or(0, |timeout| timeout.as_millis().clamp(1, u32::MAX.into()) as u32)
    }
}

impl Raw {
    fn check(&self, role: Role, octets: &[u8], how: How) -> Result<CheckResult, Error> {
        let mut made = ptr::null_mut();
        check(unsafe {
            sys::mxcheck_check(self.ctx, role as c_int, octets.as_ptr().cast(), octets.len(), how.flags(), how.timeout_ms(), &mut made)
        })?;
        Ok(CheckResult(made))
    }
}

/// A checker that waits, for any number of threads.
pub struct Checker(Raw);
unsafe impl Send for Checker {}
unsafe impl Sync for Checker {}

impl Checker {
    pub fn new(options: &[(&str, &str)]) -> Result<Checker, Error> {
        Checker::with(&configure(options)?)
    }
    pub fn with(config: &Config) -> Result<Checker, Error> {
        Ok(Checker(config.make()?))
    }
    /// The text may hold any octets; a NUL makes an address a bad one.
    pub fn check(&self, role: Role, address: impl AsRef<[u8]>, how: How) -> Result<CheckResult, Error> {
        self.0.check(role, address.as_ref(), how)
    }
    pub fn check_sender(&self, address: impl AsRef<[u8]>) -> Result<CheckResult, Error> {
        self.check(Role::Sender, address, How::default())
    }
    pub fn check_rcpt(&self, address: impl AsRef<[u8]>) -> Result<CheckResult, Error> {
        self.check(Role::Rcpt, address, How::default())
    }
    /// All recipients of a transaction, side by side, in their order.
    pub fn check_rcpts(&self, addresses: &[&str]) -> Result<Vec<CheckResult>, Error> {
        let texts = addresses.iter().map(|address| c_string(address)).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr()).collect();
        let mut made = vec![ptr::null_mut(); pointers.len()];
        check(unsafe { sys::mxcheck_check_rcpts(self.0.ctx, pointers.as_ptr(), pointers.len(), made.as_mut_ptr()) })?;
        Ok(made.into_iter().map(CheckResult).collect())
    }
    /// End all checks, under way and later, with the error "stopped".
    pub fn stop(&self) {
        unsafe { sys::mxcheck_ctx_stop(self.0.ctx) };
    }
    pub fn stats(&self) -> sys::mxcheck_stats {
        stats(&self.0)
    }
}

fn stats(raw: &Raw) -> sys::mxcheck_stats {
    let mut stats = sys::mxcheck_stats::default();
    unsafe { sys::mxcheck_ctx_stats(raw.ctx, &mut stats, std::mem::size_of_val(&stats)) };
    stats
}

/// A checker for an event loop, for one thread: not `Send`.
#[derive(Clone)]
pub struct AsyncChecker(Rc<Raw>);

/// Where a result goes, and who waits for it. Shared by the future and by the library, which gives it back once.
#[derive(Default)]
struct Place {
    result: Option<CheckResult>,
    waker: Option<Waker>,
}

unsafe extern "C" fn on_result(_: u64, result: *const sys::mxcheck_result, data: *mut c_void) {
    let place = &*(data as *const RefCell<Place>);
    let waker = {
        let mut place = place.borrow_mut();
        place.result = Some(CheckResult(sys::mxcheck_result_ref(result)));
        place.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

unsafe extern "C" fn release(data: *mut c_void) {
    drop(Rc::from_raw(data as *const RefCell<Place>));
}

impl AsyncChecker {
    pub fn new(options: &[(&str, &str)]) -> Result<AsyncChecker, Error> {
        AsyncChecker::with(&configure(options)?)
    }
    pub fn with(config: &Config) -> Result<AsyncChecker, Error> {
        unsafe { sys::mxcheck_config_set_release(config.raw, Some(release)) };
        Ok(AsyncChecker(Rc::new(config.make()?)))
    }
    /// Starts at once; the future is ready when the check has ended, and from the start where no DNS is needed. Dropping it
    /// cancels the check.
    pub fn check(&self, role: Role, address: impl AsRef<[u8]>, how: How) -> Result<Check, Error> {
        let octets = address.as_ref();
        match self.0.check(role, octets, How { is_cached: true, ..how }) {
            Ok(result) => {
                Ok(Check { checker: self.clone(), id: 0, place: Rc::new(RefCell::new(Place { result: Some(result), waker: None })) })
            }
            Err(error) if error.is_not_cached() && !how.is_cached => self.start(role, octets, how),
            Err(error) => Err(error),
        }
    }
    fn start(&self, role: Role, octets: &[u8], how: How) -> Result<Check, Error> {
        let place = Rc::new(RefCell::new(Place::default()));
        let data = Rc::into_raw(place.clone());
        let mut id = 0;
        let status = unsafe {
            sys::mxcheck_check_async(
                self.0.ctx,
                role as c_int,
                octets.as_ptr().cast(),
                octets.len(),
                how.flags(),
                how.timeout_ms(),
                Some(on_result),
                data as *mut c_void,
                &mut id,
            )
        };
        if status != sys::MXCHECK_OK {
            unsafe { release(data as *mut c_void) };
            return Err(Error::of(status));
        }
        Ok(Check { checker: self.clone(), id, place })
    }
    pub fn check_sender(&self, address: impl AsRef<[u8]>) -> Result<Check, Error> {
        self.check(Role::Sender, address, How::default())
    }
    pub fn check_rcpt(&self, address: impl AsRef<[u8]>) -> Result<Check, Error> {
        self.check(Role::Rcpt, address, How::default())
    }
    /// Wakes the futures whose checks have ended. Never blocks.
    pub fn dispatch(&self) {
        unsafe { sys::mxcheck_ctx_dispatch(self.0.ctx) };
    }
    /// Wait until there is something to dispatch, for those without an event loop.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<(), Error> {
        let timeout_ms = timeout.map_or(-1, |timeout| timeout.as_millis().min(i32::MAX as u128) as c_int);
        check(unsafe { sys::mxcheck_ctx_wait(self.0.ctx, timeout_ms) })
    }
    pub fn pending(&self) -> usize {
        unsafe { sys::mxcheck_ctx_pending(self.0.ctx) }
    }
    pub fn stats(&self) -> sys::mxcheck_stats {
        stats(&self.0)
    }
}

/// The descriptor to watch for reading, level- or edge-triggered.
impl AsRawFd for AsyncChecker {
    fn as_raw_fd(&self) -> RawFd {
        unsafe { sys::mxcheck_ctx_fd(self.0.ctx) }
    }
}

/// A check under way.
pub struct Check {
    checker: AsyncChecker,
    id: u64,
    place: Rc<RefCell<Place>>,
}

impl Future for Check {
    type Output = CheckResult;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<CheckResult> {
        let mut place = self.place.borrow_mut();
        match place.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                place.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
impl Drop for Check {
    fn drop(&mut self) {
        unsafe { sys::mxcheck_cancel(self.checker.0.ctx, self.id) };
    }
}

/// An MX record, with the addresses of its host that are known (depth = targets).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mx {
    pub host: String,
    pub preference: u32,
    pub addresses: Vec<String>,
}

/// One finished check: immutable, for any thread; a clone is the same result.
pub struct CheckResult(*mut sys::mxcheck_result);
unsafe impl Send for CheckResult {}
unsafe impl Sync for CheckResult {}

impl CheckResult {
    pub fn verdict(&self) -> Verdict {
        match unsafe { sys::mxcheck_result_verdict(self.0) } {
            1 => Verdict::Accept,
            3 => Verdict::Reject,
            _ => Verdict::Defer,
        }
    }
    pub fn reason(&self) -> Reason {
        Reason::from_number(unsafe { sys::mxcheck_result_reason(self.0) })
    }
    /// As given, octet by octet.
    pub fn address(&self) -> &[u8] {
        unsafe { slice::from_raw_parts(sys::mxcheck_result_address(self.0).cast(), sys::mxcheck_result_address_length(self.0)) }
    }
    fn own(&self, pointer: *const c_char) -> &str {
        text(pointer)
    }
    /// In lower-case A-labels; "" for none.
    pub fn domain(&self) -> &str {
        self.own(unsafe { sys::mxcheck_result_domain(self.0) })
    }
    pub fn smtp_code(&self) -> i32 {
        unsafe { sys::mxcheck_result_smtp_code(self.0) }
    }
    pub fn enhanced_code(&self) -> &str {
        self.own(unsafe { sys::mxcheck_result_enhanced_code(self.0) })
    }
    pub fn hint(&self) -> &str {
        self.own(unsafe { sys::mxcheck_result_hint(self.0) })
    }
    fn write(
        &self,
        put: unsafe extern "C" fn(*const sys::mxcheck_result, *const c_char, *mut c_char, usize) -> usize,
        id: Option<&str>,
    ) -> String {
        let id = id.and_then(|id| CString::new(id).ok());
        let id = id.as_ref().map_or(ptr::null(), |id| id.as_ptr());
        let mut buffer = vec![0u8; 512];
        loop {
            // A text may be longer the second time, as numbers of seconds pass.
            let length = unsafe { put(self.0, id, buffer.as_mut_ptr().cast(), buffer.len()) };
            if length < buffer.len() {
                buffer.truncate(length);
                return String::from_utf8_lossy(&buffer).into_owned();
            }
            buffer.resize(length + 1, 0);
        }
    }
    /// One SMTP reply line without CRLF.
    pub fn reply(&self, id: Option<&str>) -> String {
        self.write(sys::mxcheck_result_reply, id)
    }
    /// Lines for a person.
    pub fn explain(&self, id: Option<&str>) -> String {
        self.write(sys::mxcheck_result_explain, id)
    }
    pub fn json(&self, id: Option<&str>) -> String {
        self.write(sys::mxcheck_result_json, id)
    }
    pub fn mxs(&self) -> Vec<Mx> {
        (0..unsafe { sys::mxcheck_result_mx_count(self.0) })
            .map(|i| unsafe {
                Mx {
                    host: self.own(sys::mxcheck_result_mx_host(self.0, i)).to_owned(),
                    preference: sys::mxcheck_result_mx_preference(self.0, i),
                    addresses: (0..sys::mxcheck_result_mx_address_count(self.0, i))
                        .map(|j| self.own(sys::mxcheck_result_mx_address(self.0, i, j)).to_owned())
                        .collect(),
                }
            })
            .collect()
    }
    pub fn notes(&self) -> Vec<&str> {
        (0..unsafe { sys::mxcheck_result_note_count(self.0) }).map(|i| self.own(unsafe { sys::mxcheck_result_note(self.0, i) })).collect()
    }
    /// How long the answer still holds.
    pub fn ttl(&self) -> Duration {
        Duration::from_secs(unsafe { sys::mxcheck_result_ttl(self.0) }.into())
    }
    pub fn is_cached(&self) -> bool {
        unsafe { sys::mxcheck_result_is_cached(self.0) != 0 }
    }
    pub fn is_stale(&self) -> bool {
        unsafe { sys::mxcheck_result_is_stale(self.0) != 0 }
    }
    /// "unknown", "secure", "insecure" or "bogus".
    pub fn dnssec(&self) -> &'static str {
        text(unsafe { sys::mxcheck_dnssec_name(sys::mxcheck_result_dnssec(self.0)) })
    }
    pub fn elapsed(&self) -> Duration {
        Duration::from_micros(unsafe { sys::mxcheck_result_elapsed_us(self.0) }.into())
    }
}
impl Clone for CheckResult {
    fn clone(&self) -> CheckResult {
        CheckResult(unsafe { sys::mxcheck_result_ref(self.0) })
    }
}
impl Drop for CheckResult {
    fn drop(&mut self) {
        unsafe { sys::mxcheck_result_unref(self.0) }
    }
}
impl fmt::Debug for CheckResult {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: {}, {}", String::from_utf8_lossy(self.address()), self.verdict(), self.reason().name())
    }
}
