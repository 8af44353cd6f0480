# SPDX-License-Identifier: BSD-2-Clause
"""What the resolvers tell otherwise than the cases say, beside differences.tsv, which explains it."""
import os

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "differences.tsv")
COLUMNS = 7
ANY = "*"


class Outcome:
    """All zonecases.Answer of one resolver at one depth by one transport."""

    def __init__(self, resolver, depth, transport, answers):
        self.resolver = resolver
        self.depth = depth
        self.transport = transport
        self.answers = answers

    def line(self):
        """Such as "unbound records udp: 492 of 494"."""
        good = sum(answer.got is None for answer in self.answers)
        return "%s %s %s: %d of %d" % (self.resolver, self.depth, self.transport, good, len(self.answers))


class Row:
    """A line of the table; depth and transport may be for any."""

    def __init__(self, line):
        columns = line.split("\t")
        if len(columns) != COLUMNS or not all(columns):
            raise ValueError("differences.tsv: this line has not %d columns: %s" % (COLUMNS, line))
        self.resolver, self.depth, self.transport, self.case, self.expected, self.got, self.why = columns
        self.text = line

    def is_of(self, outcome):
        return (self.resolver == outcome.resolver and self.depth in (ANY, outcome.depth)
                and self.transport in (ANY, outcome.transport))

    def explains(self, answer):
        return (self.case, self.expected, self.got) == (answer.case, answer.expected, answer.got)


def read(path=TABLE):
    with open(path, encoding="utf-8") as file:
        return [Row(line) for line in file.read().splitlines() if line and not line.startswith("#")]


def problems(outcome, rows):
    """A sentence for each difference that no row explains, and for each row that is not met by every role."""
    mine = {row.case: row for row in rows if row.is_of(outcome)}
    for answer in outcome.answers:
        row = mine.get(answer.case)
        if answer.got is not None and not (row and row.explains(answer)):
            yield "not explained: %s %s %s: <%s> is %s, not %s" % (
                outcome.resolver, outcome.transport, answer.name, answer.address, answer.got, answer.expected)
        elif answer.got is None and row:
            yield "no longer so: %s %s %s" % (outcome.resolver, outcome.transport, answer.name)
    for case in set(mine) - {answer.case for answer in outcome.answers}:
        yield "there is no such case: %s" % mine[case].text


def compare(outcomes):
    """0 if the table explains every difference and all of it is so; otherwise 1."""
    rows = read()
    told = [problem for outcome in outcomes for problem in problems(outcome, rows)]
    for problem in told:
        print(problem)
    return 1 if told else 0
