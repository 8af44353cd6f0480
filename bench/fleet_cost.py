#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The measurement of bench/fleet, which installs what it needs: fleet_cost.py [--quick]

The environment:
    MXCHECK_MAILHOST    the program mailhost, built from tests/fleet/mailhost.c
"""
import argparse
import os
import pathlib
import re
import statistics
import sys

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent.parent / "tests"
sys.path[1:1] = [str(TESTS / "support"), str(TESTS / "fleet")]

import dnsservers  # noqa: E402
import fleet_model  # noqa: E402
import namespace  # noqa: E402
import roots  # noqa: E402

ROUNDS, SECONDS = 3, 45
QUICK_ROUNDS, QUICK_SECONDS = 1, 20
# A day in a minute: TTLs are scaled so that records expire while the mail runs, and some do not.
RATE, DOMAINS, TTLS = 1000, 20000, ((10, 0.3), (20, 0.5), (86400, 0.2))
# mailhost.c and zones.py
DENIALS, DENIAL_NAMES, DENIAL_TTL, DENIAL_QUESTIONS = 0.05, 1000, 60, 3
MAIL_TYPES = ("MX", "A", "AAAA")
# An unbound answers the fronts alone; here the hosts ask it themselves.
UNBOUND_FOR_HOSTS = "server:\n    access-control: %s0/28 allow\n"
LEVELS = ("hosts", "fronts", "unbounds", "name server")


class Tier:
    """The fleet as examples/fleet has it."""

    def __init__(self, fleet, work, program):
        from certificates import Authority

        certificates = Authority(os.path.join(work, "tls"))
        self.authority = fleet.AuthorityNode(work, DOMAINS, TTLS)
        self.authority.run()
        self.unbounds = [fleet.UnboundNode(name, work, self.authority.anchor) for name in fleet.UNBOUNDS]
        self.fronts = [fleet.FrontNode(name, work, certificates.issue(fleet.front_name(name))) for name in self.front_names(fleet)]
        self.hosts = [fleet.Host(name, work, program, certificates.certificate) for name in fleet.HOSTS]
        self.prepare(fleet)
        for node in self.unbounds + self.fronts:
            node.run()
        for host in self.hosts:
            host.run()

    @staticmethod
    def front_names(fleet):
        return fleet.FRONTS

    def prepare(self, _):
        for host, first in zip(self.hosts, ("front1", "front2", "front1")):
            host.configure(first)

    def levels(self):
        return dict(zip(LEVELS, (self.hosts, self.fronts, self.unbounds, [self.authority])))

    def stop(self):
        for nodes in self.levels().values():
            for node in nodes:
                node.remove()


class Alone(Tier):
    """An unbound for each host, and no front."""

    @staticmethod
    def front_names(_):
        return ()

    def prepare(self, fleet):
        for unbound, host in zip(self.unbounds, self.hosts):
            roots.write(unbound.path("/etc/unbound") + "/unbound.conf.d/hosts.conf", UNBOUND_FOR_HOSTS % fleet.NETWORK)
            host.configure()
            text = pathlib.Path(host.config).read_text(encoding="utf-8")
            roots.write(host.config, re.sub(r"^upstreams = .*$", "upstreams = " + unbound.address, text, flags=re.MULTILINE))


def asked(setup):
    """Questions so far that each level has had, but for health checks."""
    kinds = setup.authority.questions()
    unbounds = (sum(front.stats()["cache-misses"] for front in setup.fronts) if setup.fronts else
                sum(unbound.stats()["total.num.queries"] for unbound in setup.unbounds))
    return {"fronts": sum(front.stats()["queries"] for front in setup.fronts), "unbounds": unbounds,
            "name server": sum(kinds.get(kind, 0) for kind in MAIL_TYPES)}


def spent(setup):
    """Processor seconds so far of each level."""
    return {level: sum(node.cpu_s() for node in nodes) for level, nodes in setup.levels().items()}


def measure(setup, seconds, seed):
    """{level: (questions a check, microseconds a check)}, and what became of the checks."""
    asked_before, spent_before = asked(setup), spent(setup)
    for index, host in enumerate(setup.hosts):
        host.mail(RATE, RATE * seconds, DOMAINS, seed + index)
    told = [host.take_mail() for host in setup.hosts]
    stats = [host.stats() for host in setup.hosts]
    asked_after, spent_after = asked(setup), spent(setup)
    checks = sum(one["checks"] for one in told)
    found = {level: ((asked_after.get(level, checks) - asked_before.get(level, 0)) / checks,
                     (spent_after[level] - spent_before[level]) / checks * 1e6) for level in LEVELS}
    found["waiting"] = (sum(one["misses"] for one in stats) / checks, 0)
    bad = sum(one["deferred"] + one["wrong"] for one in told)
    if bad > checks / 1000:
        raise RuntimeError("%d of %d checks went wrong" % (bad, checks))
    return found


def foresee(has_tier, seconds):
    """The model's questions a check."""
    world = fleet_model.options([])
    world.hosts, world.fronts, world.unbounds, world.rate, world.window = 3, 2 if has_tier else 0, 3, RATE, seconds
    world.domains, world.ttls, world.unsigned = DOMAINS, TTLS, 0
    world.denials, world.denial_names, world.denial_ttl = DENIALS, DENIAL_NAMES, DENIAL_TTL
    world.denial_questions = DENIAL_QUESTIONS
    found = fleet_model.predict(world)
    questions = {"hosts": found["checks"], "fronts": found["host"] if has_tier else 0, "unbounds": found["front"],
                 "name server": found["unbound"]}
    return dict({level: count / found["checks"] for level, count in questions.items()}, waiting=found["waiting"])


def print_table(measured, seconds):
    print("| | level | questions a check | foreseen | CPU a check, µs | a question, µs |\n| --- | --- | --- | --- | --- | --- |")
    for title, found in measured.items():
        foreseen = foresee(title == "the tier", seconds)
        for level in LEVELS:
            if found[level][0] > 0:
                questions, cost_us = found[level]
                print("| %s | %s | %.3f | %.3f | %.1f | %.0f |"
                      % (title, level, questions, foreseen[level], cost_us, cost_us / questions))
        print("| %s | checks that wait, %% | %.1f | %.1f | | |" % (title, 100 * found["waiting"][0], 100 * foreseen["waiting"]))


def run(program, rounds, seconds):
    work = roots.settle()
    os.chmod(work, 0o755)
    import fleet

    fleet.make_network()
    found = {"the tier": [], "an unbound each": []}
    for index in range(rounds):
        for title, make in zip(found, (Tier, Alone)):
            folder = os.path.join(work, "%s%d" % (make.__name__, index))
            os.mkdir(folder)
            setup = make(fleet, folder, program)
            found[title].append(measure(setup, seconds, 1000 * index))
            setup.stop()
    print("3 hosts, %d checks a second each for %d s, %d domains; %d rounds, medians\n" % (RATE, seconds, DOMAINS, rounds))
    print_table({title: {level: tuple(statistics.median(values) for values in zip(*(one[level] for one in many)))
                         for level in many[0]} for title, many in found.items()}, seconds)
    return 0


def main():
    parser = argparse.ArgumentParser(description="What a day of mail costs a fleet at each level.")
    parser.add_argument("--quick", action="store_true", help="one short round")
    options = parser.parse_args()
    program = os.environ.get("MXCHECK_MAILHOST", "")
    if not os.access(program, os.X_OK):
        print("fleet_cost: MXCHECK_MAILHOST names no program", file=sys.stderr)
        return 64
    os.umask(0o022)
    try:
        if namespace.is_inside():
            return run(program, *((QUICK_ROUNDS, QUICK_SECONDS) if options.quick else (ROUNDS, SECONDS)))
        return roots.run_again("fleet-cost", lambda: None)
    except dnsservers.Missing as reason:
        return dnsservers.skip(str(reason))


if __name__ == "__main__":
    sys.exit(main())
