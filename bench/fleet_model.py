#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a fleet of mail hosts asks at each level of its resolver tier, on paper: domains by Zipf's law, TTLs by shares.

fleet_model.py [OPTION ...]      1,000 hosts and 100 million domains, if nothing else is said; a second or two

How it is computed. A name is remembered everywhere until the same moment, since each level hands on what is left of the TTL: an
epoch begins when somebody asks for a name that nobody remembers, and ends T seconds later. In an epoch the name servers are
asked once, each front with a host that wants the name asks once, and each such host asks once, or once in each `cache-max-ttl`.
Checks are a Poisson process, so the number of times that something with a life of T is fetched in a time W, beginning with
nothing, is the sum over k of P(Poisson(rate * (W - k * T)) > k). Where memory is short, an entry lives until nobody has asked
for it for C seconds: Che's approximation, with the C that fills the memory.
"""
import argparse
import math

# The first ranks one by one, and then in steps of so much.
SINGLE_RANKS, STEP = 200, 1.03
SOLVE_STEPS = 50
TERMS = 60
PREFETCH_FROM = 0.9
UNBOUND_MAX_TTL = 86400
# Octets of an entry: of the library, of dnsdist's packet cache, and of both of unbound's caches together.
HOST_OCTETS, FRONT_OCTETS, UNBOUND_OCTETS = 300, 300, 1000


def is_more(mean, count):
    """P(Poisson(mean) > count)"""
    if mean <= 0:
        return 0.0
    if mean > 600:
        return 1.0
    term = total = math.exp(-mean)
    for index in range(1, count + 1):
        term *= mean / index
        total += term
    return max(0.0, 1 - total)


def fetches(rate, window, life):
    """How often it is fetched in a window that begins with nothing remembered. No window: how often in a second, for ever."""
    if rate <= 0 or window == 0:
        return 0.0
    if window is None:
        return rate / (1 + rate * life)
    if window <= life:
        return -math.expm1(-rate * window)
    if window > TERMS * life:
        return -math.expm1(-rate * life) + (window - life) * rate / (1 + rate * life)
    return sum(is_more(rate * (window - k * life), k) for k in range(int(window / life) + 1))


def life_of(rate, ttl, idle):
    """The mean life of an entry that ends after `ttl`, or when nobody has asked for `idle` seconds."""
    if idle >= ttl or rate * idle > 50:
        return ttl
    if rate <= 0:
        return idle
    beyond = math.expm1(rate * idle) / rate - idle
    return idle if beyond <= 0 else idle - beyond * math.expm1(-(ttl - idle) / beyond)


def solve(occupied, room):
    """The idle time at which occupied(idle) is room; infinite where all has room."""
    if occupied(math.inf) <= room:
        return math.inf
    low, high = math.log(1e-6), math.log(1e9)
    for _ in range(SOLVE_STEPS):
        middle = (low + high) / 2
        if occupied(math.exp(middle)) > room:
            high = middle
        else:
            low = middle
    return math.exp(low)


class Name:
    """One of `count` names that are alike: `rate` checks a second on each host, for each of them."""

    def __init__(self, count, rate, ttl, cap, questions):
        self.count = count
        self.rate = rate
        self.ttl = min(ttl, UNBOUND_MAX_TTL)
        self.host_ttl = min(self.ttl, cap)
        self.questions = questions  # of a lookup
        self.is_denial = questions > 1


def zipf(domains, exponent):
    """(how many, the share of each) by rank, as areas under x ** -exponent."""
    def area(low, high):
        if abs(exponent - 1) < 1e-9:
            return math.log(high / low)
        return (high ** (1 - exponent) - low ** (1 - exponent)) / (1 - exponent)

    total = area(1, domains + 1)
    low = 1
    while low <= domains:
        high = min(domains + 1, low + 1 if low < SINGLE_RANKS else math.ceil(low * STEP))
        yield high - low, area(low, high) / total / (high - low)
        low = high


def names_of(world):
    """All names; world: the options."""
    names = []
    for count, share in zipf(world.domains, world.zipf):
        rate = world.rate * (1 - world.denials) * share
        names += [Name(count * part, rate, ttl, world.host_max_ttl, 1) for ttl, part in world.ttls]
    if world.denials > 0:
        rate = world.rate * world.denials / world.denial_names
        names.append(Name(world.denial_names, rate, world.denial_ttl, world.host_negative_ttl, world.denial_questions))
    return names


class Epoch:
    """What a name costs, in questions a second of all hosts together. members: how many hosts each front has."""

    def __init__(self, name, world, members, idle):
        hosts = sum(members)
        per = 1 if world.window is None else 1 / world.window
        # How many epochs begin, in a second, and how long one is; or the window, which may end before.
        self.begun = fetches(hosts * name.rate, world.window, name.ttl) * per
        length = name.ttl if world.window is None else min(name.ttl, world.window)
        self.is_one = world.window is not None and name.ttl >= world.window
        self.host_life = min(length, life_of(name.rate, name.host_ttl, idle["host"]))
        self._ask_hosts(name, world, hosts, length, per)
        self.fronts = [self._ask_front(name, mine, hosts, length, idle["front"]) for mine in members]
        arrivals = sum(asked for asked, life in self.fronts)
        self.unbound_life = life_of(arrivals, length, idle["unbound"])
        self.authority = max(self.begun, fetches(arrivals, world.window, self.unbound_life) * per)

    def _ask_hosts(self, name, world, hosts, length, per):
        cycle = self.host_life * (PREFETCH_FROM if world.prefetch and self.host_life < length else 1)
        others = fetches(name.rate, length, cycle)
        if self.is_one:
            self.lookups = hosts * others * per
            self.misses = hosts * fetches(name.rate, length, self.host_life) * per
            return
        first = 1 + fetches(name.rate, length - cycle, cycle)
        lookups = self.begun * (first + (hosts - 1) * others)
        more, covered = self._refetches(name, world)
        if cycle < self.host_life:
            covered = -math.expm1(-name.rate * (self.host_life - cycle))
        asking = 1 if others <= 0 else min(1.0, -math.expm1(-name.rate * length) / others)
        self.lookups = lookups * (1 + more * asking)
        self.misses = lookups * (1 - covered)

    @staticmethod
    def _refetches(name, world):
        """A host that asks in the last tenth gets what is left of the TTL, and asks again in the last tenth of that: how often,
        and how probably to the end, so that the next epoch begins without a check that waits."""
        if not world.prefetch:
            return 0.0, 0.0
        more, reached, life = 0.0, 1.0, name.host_ttl
        while True:
            reached *= -math.expm1(-name.rate * life * (1 - PREFETCH_FROM))
            if life <= world.host_min_ttl:
                return more, reached
            more += reached
            life = max(life * (1 - PREFETCH_FROM), world.host_min_ttl)

    def _ask_front(self, name, mine, hosts, length, idle):
        """(questions a second that it asks an unbound, how long it remembers the answer)"""
        arrivals = self.lookups * mine / hosts
        life = life_of(arrivals, length, idle)
        wanted = -math.expm1(-name.rate * mine * length)  # that one of its hosts asks at all
        if self.is_one:
            begun, chance = 1 / length, wanted
        else:
            begun, chance = self.begun, mine / hosts + (1 - mine / hosts) * wanted
        return min(arrivals, begun * chance * (1 + fetches(arrivals, length - life, life))), life


def members_of(hosts, fronts):
    return [(hosts + fronts - 1 - index) // fronts for index in range(fronts)]


def predict(world):
    """{level: {...}}, all hosts together; world: the options of options()."""
    names = names_of(world)
    members = members_of(world.hosts, world.fronts) if world.fronts else [1]
    copies = 1 if world.fronts else world.hosts
    idle = {"host": math.inf, "front": math.inf, "unbound": math.inf}

    def total(value):
        return sum(name.count * value(name, Epoch(name, world, members, idle)) for name in names)

    def occupied(level, value):
        def of(time):
            idle[level] = time
            return total(value)
        return of

    def host_entries(_, epoch):
        return epoch.lookups / sum(members) * epoch.host_life

    def front_entries(name, epoch):
        return name.questions * math.prod(epoch.fronts[0])

    def unbound_entries(name, epoch):
        return name.questions * epoch.authority * epoch.unbound_life

    def front_questions(name, epoch):
        if not world.fronts:
            return epoch.lookups * name.questions
        return sum(asked for asked, life in epoch.fronts) * name.questions

    unbounds = world.unbounds if world.fronts else 1
    idle["host"] = solve(occupied("host", host_entries), world.host_entries)
    if world.fronts:
        idle["front"] = solve(occupied("front", front_entries), world.front_entries)
    idle["unbound"] = solve(occupied("unbound", unbound_entries), world.unbound_entries * unbounds)
    checks = world.hosts * world.rate
    return {
        "checks": checks,
        "waiting": copies * total(lambda name, epoch: epoch.misses) / checks,
        "host": copies * total(lambda name, epoch: epoch.lookups * name.questions),
        "front": copies * total(front_questions),
        "unbound": copies * total(lambda name, epoch: epoch.authority * name.questions *
                                  (world.unsigned if name.is_denial else 1)),
        "host_entries": total(host_entries),
        "front_entries": total(front_entries),
        "unbound_entries": total(unbound_entries) / unbounds,
    }


def print_table(world, found):
    """What each level is asked, how much of that it answers itself, and what it needs for that."""
    checks = found["checks"]
    print("%d hosts, %g checks a second each, %d domains, %d fronts, %d unbounds\n"
          % (world.hosts, world.rate, world.domains, world.fronts, world.unbounds or world.hosts))
    rows = [("hosts", world.hosts, checks, found["waiting"], found["host_entries"], HOST_OCTETS, world.host_us)]
    if world.fronts:
        rows.append(("fronts", world.fronts, found["host"], found["front"] / found["host"], found["front_entries"],
                     FRONT_OCTETS, world.front_us))
    rows.append(("unbounds", world.unbounds if world.fronts else world.hosts, found["front"], found["unbound"] / found["front"],
                 found["unbound_entries"], UNBOUND_OCTETS, world.unbound_us))
    print("| level | asked, a second | answers itself | entries, each | memory, each, MB | processors, all |")
    print("| --- | --- | --- | --- | --- | --- |")
    for level, count, asked, passed, entries, octets, cost_us in rows:
        print("| %d %s | %.0f | %.1f %% | %.0f | %.0f | %.2f |"
              % (count, level, asked, 100 * max(0, 1 - passed), entries, entries * octets / 1e6, asked * cost_us / 1e6))
    print("| name servers | %.0f | | | | |" % found["unbound"])


def ttl_shares(text):
    """300:0.3,3600:0.5,86400:0.2"""
    pairs = [pair.split(":") for pair in text.split(",")]
    return [(float(ttl), float(part)) for ttl, part in pairs]


def options(arguments=None):
    parser = argparse.ArgumentParser(description="What a fleet of mail hosts asks at each level of its resolver tier.")
    for name, value, text in (
            ("hosts", 1000, "mail hosts"),
            ("fronts", 2, "dnsdist; 0: each host has an unbound of its own"),
            ("unbounds", 3, "unbound behind them"),
            ("rate", 50.0, "checks a second of each host"),
            ("domains", 100_000_000, "domains that exist"),
            ("zipf", 1.0, "the exponent of Zipf's law"),
            ("denials", 0.05, "the share of checks of names that do not exist"),
            ("denial-names", 1_000_000, "how many such names there are"),
            ("denial-ttl", 900, "how long they are remembered"),
            ("denial-questions", 3, "questions of a lookup of one: 1 with nxdomain = final"),
            ("unsigned", 1.0, "the share of them in zones where aggressive-nsec does not help"),
            ("host-entries", 200_000, "domains for which a host has room"),
            ("front-entries", 1_000_000, "answers for which a front has room"),
            ("unbound-entries", 750_000, "domains for which an unbound has room"),
            ("host-max-ttl", 3600, "cache-max-ttl"),
            ("host-negative-ttl", 900, "cache-negative-ttl"),
            ("host-min-ttl", 5, "cache-min-ttl"),
            ("host-us", 33.0, "processor time of a check, microseconds"),
            ("front-us", 70.0, "of a question to a front"),
            ("unbound-us", 165.0, "of a question to an unbound"),
    ):
        parser.add_argument("--" + name, type=type(value), default=value, help="%s (%s)" % (text, value))
    parser.add_argument("--ttls", type=ttl_shares, default="300:0.3,3600:0.5,86400:0.2", help="TTL:SHARE,... of the domains")
    parser.add_argument("--window", type=float, help="so many seconds that begin with nothing remembered; otherwise for ever")
    parser.add_argument("--no-prefetch", dest="prefetch", action="store_false", help="prefetch = off")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    WORLD = options()
    print_table(WORLD, predict(WORLD))
