// SPDX-License-Identifier: BSD-2-Clause

// Package mxcheck tells whether mail to a domain can be delivered at all. It is the binding of libmxcheck.
//
//	checker, err := mxcheck.New(mxcheck.Options{"depth": "targets"})
//	result, err := checker.CheckRcpt(ctx, "bob@example.com")
//	if result.Verdict() != mxcheck.Accept {
//		fmt.Println(result.Reply("4bXyZ"))
//	}
//
// Any number of goroutines may use a Checker. A check ends when its context does.
package mxcheck

/*
#cgo pkg-config: mxcheck
#include <mxcheck/mxcheck.h>
#include <stdlib.h>

mxcheck_status go_check_async(mxcheck_ctx *ctx, mxcheck_role role, const char *text, size_t length, uint32_t flags,
                              uint32_t timeout_ms, uintptr_t handle, mxcheck_id *id);
mxcheck_status go_set_log(mxcheck_config *config, int level, uintptr_t handle);
*/
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/cgo"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// Verdict is what to do with an address.
type Verdict int

// The verdicts; there are no others.
const (
	Accept Verdict = 1
	Defer  Verdict = 2
	Reject Verdict = 3
)

func (v Verdict) String() string { return C.GoString(C.mxcheck_verdict_name(C.mxcheck_verdict(v))) }

// Role is the command of the SMTP dialogue that an address stands in.
type Role int

// The roles; there are no others.
const (
	Sender Role = 1
	Rcpt   Role = 2
)

// Reason is why. A later library may give numbers that have no name here: String then says "unknown" unless it knows them.
type Reason int

// The reasons of this release.
const (
	ReasonMx                Reason = 1
	ReasonImplicitA         Reason = 2
	ReasonImplicitAaaa      Reason = 3
	ReasonNullSender        Reason = 4
	ReasonPostmaster        Reason = 5
	ReasonAddressLiteral    Reason = 6
	ReasonExempt            Reason = 7
	ReasonDnsFailureAllowed Reason = 8
	ReasonNoSuchDomain      Reason = 100
	ReasonNoRecords         Reason = 101
	ReasonNullMx            Reason = 102
	ReasonMxUnresolvable    Reason = 103
	ReasonMxForbidden       Reason = 104
	ReasonBadAddress        Reason = 105
	ReasonSpecialUse        Reason = 106
	ReasonLiteralRefused    Reason = 107
	ReasonMxRefused         Reason = 108
	ReasonNoteRefused       Reason = 109
	ReasonDnsTimeout        Reason = 200
	ReasonDnsFailure        Reason = 201
	ReasonDnssecBogus       Reason = 202
	ReasonOverloaded        Reason = 203
)

func (r Reason) String() string { return C.GoString(C.mxcheck_reason_name(C.int(r))) }

// Verdict is the one that a reason has by default; 0 for a number that is none.
func (r Reason) Verdict() Verdict { return Verdict(C.mxcheck_reason_verdict(C.int(r))) }

// Reasons are all that the loaded library knows.
func Reasons() []Reason {
	all := make([]Reason, int(C.mxcheck_reason_count()))
	for i := range all {
		all[i] = Reason(C.mxcheck_reason_at(C.size_t(i)))
	}
	return all
}

// Version is that of the loaded library.
func Version() string { return C.GoString(C.mxcheck_version()) }

// Error is an error of the caller or of the machine; never a verdict.
type Error struct {
	Status int
	text   string
}

func (e *Error) Error() string {
	if e.text != "" {
		return "mxcheck: " + e.text
	}
	return "mxcheck: " + C.GoString(C.mxcheck_status_text(C.int(e.Status)))
}

// ErrNotCached is given by CheckCached where DNS would have to be asked.
var ErrNotCached = errors.New("mxcheck: the answer is not cached")

// ErrClosed is given after Close.
var ErrClosed = errors.New("mxcheck: the checker is closed")

func failure(status C.mxcheck_status, text string) error {
	switch status {
	case C.MXCHECK_OK:
		return nil
	case C.MXCHECK_ERR_NOT_CACHED:
		return ErrNotCached
	case C.MXCHECK_ERR_STOPPED:
		return ErrClosed
	}
	return &Error{int(status), text}
}

// Option is a row of the table of options.
type Option struct{ Name, Default, Help string }

// AllOptions is the table of options.
func AllOptions() []Option {
	all := make([]Option, int(C.mxcheck_option_count()))
	for i := range all {
		n := C.size_t(i)
		all[i] = Option{C.GoString(C.mxcheck_option_name(n)), C.GoString(C.mxcheck_option_default(n)), C.GoString(C.mxcheck_option_help(n))}
	}
	return all
}

// Cache is what is known of domains, for any number of checkers.
type Cache struct{ pointer *C.mxcheck_cache }

func newCache(pointer *C.mxcheck_cache) *Cache {
	cache := &Cache{pointer}
	runtime.SetFinalizer(cache, func(c *Cache) { C.mxcheck_cache_unref(c.pointer) })
	return cache
}

// NewCache makes a cache of at most so many octets.
func NewCache(maxBytes int) (*Cache, error) {
	var pointer *C.mxcheck_cache
	if err := failure(C.mxcheck_cache_new(C.size_t(maxBytes), &pointer), ""); err != nil {
		return nil, err
	}
	return newCache(pointer), nil
}

// OpenCache makes a cache that all processes of this user share that name the file.
func OpenCache(path string, maxBytes int) (*Cache, error) {
	var pointer *C.mxcheck_cache
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	status, errno := C.mxcheck_cache_new_shared(name, C.size_t(maxBytes), &pointer)
	if status == C.MXCHECK_ERR_FILE {
		return nil, &os.PathError{Op: "open", Path: path, Err: errno}
	}
	if err := failure(status, ""); err != nil {
		return nil, err
	}
	return newCache(pointer), nil
}

// Flush removes a domain, or everything for "".
func (c *Cache) Flush(domain string) {
	var name *C.char
	if domain != "" {
		name = C.CString(domain)
		defer C.free(unsafe.Pointer(name))
	}
	C.mxcheck_cache_flush(c.pointer, name)
	runtime.KeepAlive(c)
}

// Options are those of the library by name, as text.
type Options map[string]string

// Config is what a Checker is made with besides options; each field may be left out.
type Config struct {
	Options  Options
	File     string // of options, read before Options
	Cache    *Cache
	LogLevel int                                     // 1 errors to 4 all
	Log      func(level int, line string, id uint64) // on any thread
}

// Checker checks addresses. Close it when no check is under way any more.
type Checker struct {
	ctx       *C.mxcheck_ctx
	log       cgo.Handle
	watched   *os.File
	isStopped chan struct{}
	done      sync.WaitGroup
	mutex     sync.Mutex // of asynchronous calls, which one thread at a time may make
	isClosed  bool
}

// New makes a Checker with options alone.
func New(options Options) (*Checker, error) { return NewConfig(Config{Options: options}) }

// NewConfig makes a Checker.
func NewConfig(config Config) (*Checker, error) {
	var raw *C.mxcheck_config
	if err := failure(C.mxcheck_config_new(&raw), ""); err != nil {
		return nil, err
	}
	defer C.mxcheck_config_free(raw)
	told := func(status C.mxcheck_status) error { return failure(status, C.GoString(C.mxcheck_config_error(raw))) }
	if config.File != "" {
		name := C.CString(config.File)
		defer C.free(unsafe.Pointer(name))
		if status := C.mxcheck_config_load(raw, name); status != C.MXCHECK_OK {
			return nil, told(status)
		}
	}
	for name, value := range config.Options {
		cname, cvalue := C.CString(name), C.CString(value)
		status := C.mxcheck_config_set(raw, cname, cvalue)
		C.free(unsafe.Pointer(cname))
		C.free(unsafe.Pointer(cvalue))
		if status != C.MXCHECK_OK {
			return nil, told(status)
		}
	}
	if config.Cache != nil {
		C.mxcheck_config_set_cache(raw, config.Cache.pointer)
	}
	checker := &Checker{isStopped: make(chan struct{})}
	if config.Log != nil {
		checker.log = cgo.NewHandle(config.Log)
		C.go_set_log(raw, C.int(config.LogLevel), C.uintptr_t(checker.log))
	}
	if status := C.mxcheck_ctx_new(raw, &checker.ctx); status != C.MXCHECK_OK {
		checker.forgetLog()
		return nil, told(status)
	}
	runtime.KeepAlive(config.Cache)
	if err := checker.watch(); err != nil {
		C.mxcheck_ctx_free(checker.ctx)
		checker.forgetLog()
		return nil, err
	}
	return checker, nil
}

func (c *Checker) forgetLog() {
	if c.log != 0 {
		c.log.Delete()
	}
}

// watch hands a copy of the descriptor to the netpoller: a goroutine waits for it, and no thread.
func (c *Checker) watch() error {
	fd, err := syscall.Dup(int(C.mxcheck_ctx_fd(c.ctx)))
	if err != nil {
		return err
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return err
	}
	c.watched = os.NewFile(uintptr(fd), "mxcheck")
	raw, err := c.watched.SyscallConn()
	if err != nil {
		c.watched.Close()
		return err
	}
	c.done.Add(1)
	go func() {
		defer c.done.Done()
		// Each time that it is readable the function is called; false: wait again.
		_ = raw.Read(func(uintptr) bool {
			c.mutex.Lock()
			defer c.mutex.Unlock()
			if c.isClosed {
				return true
			}
			C.mxcheck_ctx_dispatch(c.ctx)
			return false
		})
	}()
	return nil
}

// Close ends all checks with ErrClosed, waits for them, and frees the checker.
func (c *Checker) Close() {
	c.mutex.Lock()
	if c.isClosed {
		c.mutex.Unlock()
		return
	}
	c.isClosed = true
	close(c.isStopped)
	C.mxcheck_ctx_stop(c.ctx)
	c.mutex.Unlock()
	c.watched.Close()
	c.done.Wait()
	C.mxcheck_ctx_free(c.ctx)
	c.forgetLog()
}

// How a check is made, besides its text.
type How struct {
	Domain bool // the text is a domain, without a local part
	Cached bool // never wait: ErrNotCached where DNS would have to be asked
	// Timeout is how long DNS may take; then the domain is deferred (ReasonDnsTimeout). 0: the option timeout.
	Timeout time.Duration
}

func (h How) timeout() C.uint32_t {
	if h.Timeout > 0 && h.Timeout < time.Millisecond {
		return 1
	}
	return C.uint32_t(h.Timeout.Milliseconds())
}

func (h How) flags() C.uint32_t {
	var flags C.uint32_t
	if h.Domain {
		flags |= C.MXCHECK_CHECK_DOMAIN
	}
	if h.Cached {
		flags |= C.MXCHECK_CHECK_CACHED
	}
	return flags
}

// waiter is what a check under way leads to.
type waiter chan *C.mxcheck_result

//export goResult
func goResult(handle C.uintptr_t, result *C.mxcheck_result) {
	h := cgo.Handle(handle)
	h.Value().(waiter) <- result
	h.Delete()
}

//export goLog
func goLog(level C.int, line *C.char, id C.mxcheck_id, handle C.uintptr_t) {
	cgo.Handle(handle).Value().(func(int, string, uint64))(int(level), C.GoString(line), uint64(id))
}

// Check checks text, which may hold any octets. When ctx ends before, the check is cancelled, and ctx.Err() is given.
func (c *Checker) Check(ctx context.Context, role Role, text string, how How) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mutex.Lock()
	if c.isClosed {
		c.mutex.Unlock()
		return nil, ErrClosed
	}
	c.done.Add(1)
	c.mutex.Unlock()
	defer c.done.Done()
	octets := append([]byte(text), 0) // a NUL behind it, so that there is always an octet to point at
	if result, err := c.checkCached(role, octets, how); result != nil || how.Cached || err != ErrNotCached {
		return result, err
	}
	return c.await(ctx, role, octets, how)
}

// checkCached tells what needs no DNS, on any thread and without waking up another.
func (c *Checker) checkCached(role Role, octets []byte, how How) (*Result, error) {
	var result *C.mxcheck_result
	how.Cached = true
	status := C.mxcheck_check(c.ctx, C.mxcheck_role(role), (*C.char)(unsafe.Pointer(&octets[0])), C.size_t(len(octets)-1), how.flags(), 0, &result)
	if status != C.MXCHECK_OK {
		return nil, failure(status, "")
	}
	return newResult(result), nil
}

// await asks DNS, and waits for the check, for the end of ctx or for Close.
func (c *Checker) await(ctx context.Context, role Role, octets []byte, how How) (*Result, error) {
	wait := make(waiter, 1)
	handle := cgo.NewHandle(wait)
	var id C.mxcheck_id
	c.mutex.Lock()
	status := C.go_check_async(c.ctx, C.mxcheck_role(role), (*C.char)(unsafe.Pointer(&octets[0])), C.size_t(len(octets)-1), how.flags(),
		how.timeout(), C.uintptr_t(handle), &id)
	c.mutex.Unlock()
	if status != C.MXCHECK_OK {
		handle.Delete()
		return nil, failure(status, "")
	}
	select {
	case result := <-wait:
		return newResult(result), nil
	case <-ctx.Done():
		return c.giveUp(id, handle, wait, ctx.Err())
	case <-c.isStopped:
		return c.giveUp(id, handle, wait, ErrClosed)
	}
}

// giveUp cancels a check, unless its result has come meanwhile.
func (c *Checker) giveUp(id C.mxcheck_id, handle cgo.Handle, wait waiter, err error) (*Result, error) {
	c.mutex.Lock()
	status := C.mxcheck_cancel(c.ctx, id)
	c.mutex.Unlock()
	if status == C.MXCHECK_OK {
		handle.Delete()
		return nil, err
	}
	return newResult(<-wait), nil
}

// CheckSender checks the domain of MAIL FROM; "" is the null reverse-path.
func (c *Checker) CheckSender(ctx context.Context, address string) (*Result, error) {
	return c.Check(ctx, Sender, address, How{})
}

// CheckRcpt checks the domain of RCPT TO.
func (c *Checker) CheckRcpt(ctx context.Context, address string) (*Result, error) {
	return c.Check(ctx, Rcpt, address, How{})
}

// Stats are the counters of the checker by name.
func (c *Checker) Stats() map[string]uint64 {
	var names []string
	for name := C.mxcheck_stats_name(0); name != nil; name = C.mxcheck_stats_name(C.size_t(len(names))) {
		names = append(names, C.GoString(name))
	}
	numbers := make([]C.uint64_t, len(names))
	C.mxcheck_ctx_stats(c.ctx, (*C.mxcheck_stats)(unsafe.Pointer(&numbers[0])), C.size_t(8*len(numbers)))
	all := make(map[string]uint64, len(names))
	for i, name := range names {
		all[name] = uint64(numbers[i])
	}
	return all
}

// Cache is that of the checker, nil when it has none.
func (c *Checker) Cache() *Cache {
	if own := C.mxcheck_ctx_cache(c.ctx); own != nil {
		return newCache(C.mxcheck_cache_ref(own))
	}
	return nil
}

// Mx is an MX record, with the addresses of its host that are known (depth = targets).
type Mx struct {
	Host       string
	Preference uint32
	Addresses  []string
}

// Result is one finished check: immutable, for any goroutine.
type Result struct{ pointer *C.mxcheck_result }

func newResult(pointer *C.mxcheck_result) *Result {
	result := &Result{pointer}
	runtime.SetFinalizer(result, func(r *Result) { C.mxcheck_result_unref(r.pointer) })
	return result
}

// Verdict is what to do.
func (r *Result) Verdict() Verdict {
	defer runtime.KeepAlive(r)
	return Verdict(C.mxcheck_result_verdict(r.pointer))
}

// Reason is why.
func (r *Result) Reason() Reason {
	defer runtime.KeepAlive(r)
	return Reason(C.mxcheck_result_reason(r.pointer))
}

// Address is that which was checked, octet by octet.
func (r *Result) Address() string {
	defer runtime.KeepAlive(r)
	return C.GoStringN(C.mxcheck_result_address(r.pointer), C.int(C.mxcheck_result_address_length(r.pointer)))
}

// Domain is in lower-case A-labels; "" for none.
func (r *Result) Domain() string {
	defer runtime.KeepAlive(r)
	return C.GoString(C.mxcheck_result_domain(r.pointer))
}

// Code is the SMTP reply code, and the enhanced one.
func (r *Result) Code() (int, string) {
	defer runtime.KeepAlive(r)
	return int(C.mxcheck_result_smtp_code(r.pointer)), C.GoString(C.mxcheck_result_enhanced_code(r.pointer))
}

// Hint says what the person who gets the reply can do.
func (r *Result) Hint() string {
	defer runtime.KeepAlive(r)
	return C.GoString(C.mxcheck_result_hint(r.pointer))
}

// write asks for a text until it fits: it may be longer the second time, as numbers of seconds pass.
func (r *Result) write(id string, put func(id *C.char, buffer *C.char, size C.size_t) C.size_t) string {
	defer runtime.KeepAlive(r)
	var cid *C.char
	if id != "" {
		cid = C.CString(id)
		defer C.free(unsafe.Pointer(cid))
	}
	for size := C.size_t(512); ; {
		buffer := make([]byte, size)
		length := put(cid, (*C.char)(unsafe.Pointer(&buffer[0])), size)
		if length < size {
			return string(buffer[:length])
		}
		size = length + 1
	}
}

// Reply is one SMTP reply line without CRLF; id names the transaction, "" leaves it out.
func (r *Result) Reply(id string) string {
	return r.write(id, func(id, buffer *C.char, size C.size_t) C.size_t {
		return C.mxcheck_result_reply(r.pointer, id, buffer, size)
	})
}

// Explain is lines for a person.
func (r *Result) Explain(id string) string {
	return r.write(id, func(id, buffer *C.char, size C.size_t) C.size_t {
		return C.mxcheck_result_explain(r.pointer, id, buffer, size)
	})
}

// JSON is all that the library knows.
func (r *Result) JSON(id string) json.RawMessage {
	return json.RawMessage(r.write(id, func(id, buffer *C.char, size C.size_t) C.size_t {
		return C.mxcheck_result_json(r.pointer, id, buffer, size)
	}))
}

// Mxs are the MX records by preference.
func (r *Result) Mxs() []Mx {
	defer runtime.KeepAlive(r)
	all := make([]Mx, int(C.mxcheck_result_mx_count(r.pointer)))
	for i := range all {
		n := C.size_t(i)
		all[i] = Mx{Host: C.GoString(C.mxcheck_result_mx_host(r.pointer, n)), Preference: uint32(C.mxcheck_result_mx_preference(r.pointer, n))}
		for j := C.size_t(0); j < C.mxcheck_result_mx_address_count(r.pointer, n); j++ {
			all[i].Addresses = append(all[i].Addresses, C.GoString(C.mxcheck_result_mx_address(r.pointer, n, j)))
		}
	}
	return all
}

// Notes are stable words for what is unusual.
func (r *Result) Notes() []string {
	defer runtime.KeepAlive(r)
	all := make([]string, int(C.mxcheck_result_note_count(r.pointer)))
	for i := range all {
		all[i] = C.GoString(C.mxcheck_result_note(r.pointer, C.size_t(i)))
	}
	return all
}

// TTL is how long the answer still holds.
func (r *Result) TTL() time.Duration {
	defer runtime.KeepAlive(r)
	return time.Duration(C.mxcheck_result_ttl(r.pointer)) * time.Second
}

// IsCached and IsStale tell where the answer came from.
func (r *Result) IsCached() bool {
	defer runtime.KeepAlive(r)
	return C.mxcheck_result_is_cached(r.pointer) != 0
}

// IsStale tells that the answer has expired and is used because DNS fails.
func (r *Result) IsStale() bool {
	defer runtime.KeepAlive(r)
	return C.mxcheck_result_is_stale(r.pointer) != 0
}

// DNSSEC is "unknown", "secure", "insecure" or "bogus".
func (r *Result) DNSSEC() string {
	defer runtime.KeepAlive(r)
	return C.GoString(C.mxcheck_dnssec_name(C.mxcheck_result_dnssec(r.pointer)))
}

// Elapsed is how long the check took.
func (r *Result) Elapsed() time.Duration {
	defer runtime.KeepAlive(r)
	return time.Duration(C.mxcheck_result_elapsed_us(r.pointer)) * time.Microsecond
}

func (r *Result) String() string {
	return fmt.Sprintf("%q: %s, %s", r.Address(), r.Verdict(), r.Reason())
}
