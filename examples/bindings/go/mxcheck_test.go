// SPDX-License-Identifier: BSD-2-Clause

package mxcheck

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	good   = "u@ok-mx.mx.example"
	absent = "u@nxdomain.mx.example"
	silent = "u@to-all.f.mx.example"
)

var background = context.Background()

func open(t *testing.T, options Options) *Checker {
	t.Helper()
	all := Options{"upstreams": os.Getenv("MXCHECK_TEST_UPSTREAM")}
	for name, value := range options {
		all[name] = value
	}
	checker, err := New(all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(checker.Close)
	return checker
}

func check(t *testing.T, checker *Checker, address string) *Result {
	t.Helper()
	result, err := checker.CheckRcpt(background, address)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestEveryReasonOfTheHeaderIsThere(t *testing.T) {
	header, err := os.ReadFile(os.Getenv("MXCHECK_HEADER"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`MXCHECK_REASON_\w+ = (\d+)`).FindAllStringSubmatch(string(header), -1)
	if len(found) != len(Reasons()) {
		t.Fatal(len(found), Reasons())
	}
	for i, match := range found {
		if number, _ := strconv.Atoi(match[1]); Reason(number) != Reasons()[i] {
			t.Error(match, Reasons()[i])
		}
	}
	if Reason(9999).String() != "unknown" || ReasonMx.Verdict() != Accept {
		t.Error(Reason(9999), ReasonMx.Verdict())
	}
}

func TestAResultTellsAllAndOutlivesItsChecker(t *testing.T) {
	checker := open(t, Options{"depth": "targets", "forbidden-networks": "none"})
	result := check(t, checker, good)
	if !check(t, checker, good).IsCached() || checker.Stats()["hits"] != 1 {
		t.Error("not cached", checker.Stats())
	}
	checker.Close()
	runtime.GC()
	code, enhanced := result.Code()
	if result.Verdict() != Accept || result.Reason() != ReasonMx || code != 250 || enhanced != "2.1.5" {
		t.Error(result)
	}
	if result.Reply("ID") != "250 2.1.5 ID recipient ok" || !strings.Contains(string(result.JSON("ID")), result.Reply("ID")) {
		t.Error(result.Reply("ID"))
	}
	if mxs := result.Mxs(); len(mxs) == 0 || len(mxs[0].Addresses) == 0 || result.TTL() <= 0 {
		t.Error(mxs, result.TTL())
	}
}

func TestTextsHaveLengths(t *testing.T) {
	checker := open(t, nil)
	result := check(t, checker, good+"\x00.evil")
	if result.Reason() != ReasonBadAddress || result.Address() != good+"\x00.evil" {
		t.Error(result)
	}
	domain, err := checker.Check(background, Rcpt, "nxdomain.mx.example", How{Domain: true})
	if err != nil || domain.Reason() != ReasonNoSuchDomain {
		t.Error(domain, err)
	}
	null, err := checker.CheckSender(background, "")
	if err != nil || null.Reason() != ReasonNullSender {
		t.Error(null, err)
	}
}

func TestErrorsAreNoVerdicts(t *testing.T) {
	if _, err := New(Options{"timeout": "soon"}); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Error(err)
	}
	checker := open(t, Options{"timeout": "600s"})
	if _, err := checker.Check(background, Rcpt, good, How{Cached: true}); !errors.Is(err, ErrNotCached) {
		t.Error(err)
	}
	late, err := checker.Check(background, Rcpt, silent, How{Timeout: 50 * time.Millisecond})
	if err != nil || late.Reason() != ReasonDnsTimeout {
		t.Error(late, err)
	}
	checker.Close()
	if _, err := checker.CheckRcpt(background, good); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestAContextEndsItsCheck(t *testing.T) {
	checker := open(t, Options{"timeout": "600s"})
	short, cancel := context.WithTimeout(background, 50*time.Millisecond)
	defer cancel()
	if _, err := checker.CheckRcpt(short, silent); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	cancelled, cancelNow := context.WithCancel(background)
	time.AfterFunc(20*time.Millisecond, cancelNow)
	if _, err := checker.CheckRcpt(cancelled, silent); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestManyGoroutinesAndACollectorThatRunsAllTheTime(t *testing.T) {
	checker := open(t, nil)
	isOver := make(chan struct{})
	go func() {
		for {
			select {
			case <-isOver:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer close(isOver)
	var waiting sync.WaitGroup
	for i := 0; i < 50; i++ {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			for j := 0; j < 20; j++ {
				for address, verdict := range map[string]Verdict{good: Accept, absent: Reject} {
					if result, err := checker.CheckRcpt(background, address); err != nil || result.Verdict() != verdict {
						t.Error(result, err)
					}
				}
			}
		}()
	}
	waiting.Wait()
}

func TestClosingEndsWhoWaits(t *testing.T) {
	checker := open(t, Options{"timeout": "600s"})
	errs := make(chan error)
	for i := 0; i < 4; i++ {
		go func() {
			_, err := checker.CheckRcpt(background, silent)
			errs <- err
		}()
	}
	time.Sleep(20 * time.Millisecond)
	go checker.Close()
	for i := 0; i < 4; i++ {
		if err := <-errs; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
	checker.Close()
}

func TestCachesAndLogsAreShared(t *testing.T) {
	cache, err := NewCache(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	var lines []string
	options := Options{"upstreams": os.Getenv("MXCHECK_TEST_UPSTREAM")}
	one, err := NewConfig(Config{Options: options, Cache: cache, LogLevel: 3, Log: func(_ int, line string, _ uint64) {
		mutex.Lock()
		defer mutex.Unlock()
		lines = append(lines, line)
	}})
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewConfig(Config{Options: options, Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	check(t, one, good)
	if !check(t, other, good).IsCached() {
		t.Error("not shared")
	}
	cache.Flush("")
	if check(t, other, good).IsCached() || one.Cache() == nil {
		t.Error("not flushed")
	}
	one.Close()
	other.Close()
	if len(lines) != 1 || !strings.Contains(lines[0], "accept") {
		t.Error(lines)
	}
	path := t.TempDir() + "/cache"
	if _, err := OpenCache(path, 1<<20); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCache(path, 1<<20); !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
	if len(AllOptions()) < 20 || Version() == "" {
		t.Error(AllOptions())
	}
}

func kitChecker(t *testing.T, kit, option string) *Checker {
	t.Helper()
	options := Options{"test-zone": kit + "/kit.zone"}
	if name, value, ok := strings.Cut(option, "="); ok {
		options[name] = value
	}
	checker, err := NewConfig(Config{File: kit + "/kit.conf", Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(checker.Close)
	return checker
}

func TestEveryCaseComesToWhatTheKitSays(t *testing.T) {
	kit := os.Getenv("MXCHECK_CONFORMANCE")
	text, err := os.ReadFile(kit + "/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	checkers := map[string]*Checker{}
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n"))[1:] {
		var expected struct {
			ID, Role, Options, Address, Verdict, Reason, Reply string
			Octets                                             string `json:"address_hex"`
			Code                                               int    `json:"smtp_code"`
			Enhanced                                           string `json:"enhanced_code"`
		}
		if err := json.Unmarshal(line, &expected); err != nil {
			t.Fatal(err)
		}
		checker, ok := checkers[expected.Options]
		if !ok {
			checker = kitChecker(t, kit, expected.Options)
			checkers[expected.Options] = checker
		}
		if octets, _ := hex.DecodeString(expected.Octets); len(octets) > 0 {
			expected.Address = string(octets)
		}
		ask := checker.CheckRcpt
		if expected.Role == "sender" {
			ask = checker.CheckSender
		}
		result, err := ask(background, expected.Address)
		if err != nil {
			t.Fatal(err)
		}
		code, enhanced := result.Code()
		if result.Verdict().String() != expected.Verdict || result.Reason().String() != expected.Reason || code != expected.Code ||
			enhanced != expected.Enhanced || result.Reply("ID") != expected.Reply {
			t.Error(string(line), result.Reason(), result.Reply("ID"))
		}
	}
	if len(checkers) < 2 {
		t.Error("the kit has few cases")
	}
}
