"""Late charges day by day, as one would do it on paper: slow, and without cleverness.

The tests hold the engine of ``tools`` against this. It was written from the rules, it
shares no arithmetic with the engine, it knows neither segments nor units: every day of
a claim's life is looked at by itself, and every amount is a fraction.
"""

import datetime
from calendar import isleap, monthrange
from fractions import Fraction

DAY = datetime.timedelta(days=1)


def half_up(amount, unit):
    """To whole units; what lies half-way goes up. Only for what is not negative."""
    steps = amount / Fraction(unit) + Fraction(1, 2)
    return (steps.numerator // steps.denominator) * Fraction(unit)


def weigh(day_count, day):
    """Part of a year that one day is."""
    if day_count == "act/365":
        return Fraction(1, 365)
    if day_count == "act/360":
        return Fraction(1, 360)
    if day_count == "act/act":
        return Fraction(1, 366 if isleap(day.year) else 365)
    # thirty days each month: the 31st is none, 1 March makes up for a short February
    if day.day == 31:
        return Fraction(0)
    if (day.month, day.day) == (3, 1):
        return Fraction(3 if not isleap(day.year) else 2, 360)
    return Fraction(1, 360)


def later(day, months):
    """The day with the same number some months later, or the last of that month."""
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    return datetime.date(year, month, min(day.day, monthrange(year, month)[1]))


class Naive:
    def __init__(self, claim, terms, book, upto):
        self.claim, self.terms, self.book, self.upto = claim, terms, book, upto
        original = sum(
            (-1 if e.kind == "correction" else 0) * Fraction(e.amount)
            for e in claim.events
        )
        self.principal = self.original = Fraction(claim.amount) + original
        self.interest = self.paid_interest = self.added = Fraction(0)
        self.costs = self.paid_costs = self.money = Fraction(0)
        self.waits, self.exposure = Fraction(0), {}
        self.has_lump_sum = False
        self.set_cap()
        self.set_days()

    def set_cap(self):
        caps = []
        if self.terms.cap_total is not None:
            caps.append(Fraction(self.terms.cap_total))
        if self.terms.cap_percent is not None:
            caps.append(self.original * Fraction(self.terms.cap_percent) / 100)
        unit = Fraction(self.claim.unit)
        self.cap = min(caps) // unit * unit if caps else None

    def set_days(self):
        dates, start, terms = self.claim.dates, self.terms.start, self.terms
        last = None
        if start.basis == "due" and dates.due:
            last = dates.due
        elif start.basis in ("due", "supply"):
            last = max(d for d in (dates.invoice, dates.supply) if d)
            last += start.days * DAY
        elif start.basis == "reminder" and dates.reminder:
            last = dates.reminder + start.days * DAY
        elif start.basis == "notice":
            last = dates.notice
        if last and start.basis in ("reminder", "notice") and dates.due:
            last = max(last, dates.due)
        self.first = self.fee_day = self.grace = None
        if not last:
            return
        self.first = last + DAY
        self.fee_day = self.first + terms.grace_days * DAY
        if terms.grace == "after":
            self.first = self.fee_day
        elif terms.grace_days:
            self.grace = self.fee_day - DAY

    # the rate of a day

    def quote(self, rule, day):
        rate = Fraction(rule.margin)
        if rule.reference:
            known = [v for v in self.book[rule.reference].values if v.date_from <= day]
            newest = max(known, key=lambda value: value.date_from)
            rate += Fraction(rule.factor) * Fraction(newest.rate)
        if rule.step:
            steps = rate / Fraction(rule.step)
            down = steps.numerator // steps.denominator
            if rule.rounding == "up":
                down += steps > down
            elif rule.rounding == "half_up":
                down = round_away(steps)
            rate = down * Fraction(rule.step)
        return rate

    def rate(self, day):
        late = self.terms.rate
        if late.fixing == "start":
            day = self.first
        month = {"month": day.month, "year": 1}.get(late.period)
        if late.period == "half_year":
            month = 1 if day.month <= 6 else 7
        if late.period == "quarter":
            month = {1: 1, 2: 4, 3: 7, 4: 10}[(day.month + 2) // 3]
        if month:
            day = datetime.date(day.year, month, 1)
        day -= late.lag * DAY
        rate = self.quote(late.rule, day) * (12 if late.per == "month" else 1)
        if late.floor:
            rate = max(rate, self.quote(late.floor, day))
        if late.cap:
            rate = min(rate, self.quote(late.cap, day))
        return max(rate, Fraction(0))

    # the days

    def disputed(self, day):
        return sum(
            Fraction(one.amount)
            for one in self.claim.disputes
            if one.result != "restored"
            and one.first <= day
            and (one.last is None or day <= one.last)
        )

    def base(self, day):
        base = max(self.principal - self.disputed(day), 0)
        if self.terms.interest_on_costs:
            base += self.costs - self.paid_costs
        return base + self.added

    def share(self, day):
        """Part of a year that is charged on this day."""
        terms = self.terms
        if terms.accrual == "day":
            return weigh(terms.day_count, day)
        if terms.accrual == "flat":
            return Fraction(1 if day == self.first else 0)
        before, months = self.first - DAY, 0
        while later(before, months + 1) < day:
            months += 1
        if terms.accrual == "month_started":
            return Fraction(1 if later(before, months) + DAY == day else 0, 12)
        return Fraction(1 if later(before, months + 1) == day else 0, 12)

    def charge(self, amount):
        if self.cap is not None:
            costs = self.costs if self.terms.cap_on == "charges" else 0
            amount = min(amount, max(self.cap - self.interest - costs, 0))
        self.interest += amount

    def charge_cost(self, amount):
        amount, unit = Fraction(amount), Fraction(self.claim.unit)
        if self.cap is not None and self.terms.cap_on == "charges":
            left = max(self.cap - self.interest - self.costs, 0)
            amount = min(amount, left // unit * unit)
        self.costs += amount

    def one_day(self, day):
        terms = self.terms
        lump_sum = self.lump_sum(day)
        if terms.rate and self.first and day >= self.first:
            if terms.rate.fixing == "payment":
                self.exposure[day] = self.base(day)
            else:
                interest = self.base(day) * self.rate(day) / 100 * self.share(day)
                if self.grace and day <= self.grace:
                    self.waits += interest
                else:
                    self.charge(interest)
        self.end_of_day(day, lump_sum)

    def lump_sum(self, day):
        if self.has_lump_sum or not self.terms.lump_sums:
            return 0
        if not self.fee_day or day < self.fee_day:
            return 0
        amount = self.principal - self.disputed(day)
        if amount <= 0:
            return 0
        self.has_lump_sum = True
        if self.terms.lump_sum_on_original:
            amount = self.original
        lump_sum = 0
        for tier in self.terms.lump_sums:
            above = amount > tier.amount_from or (
                amount == tier.amount_from and not tier.is_above
            )
            if above:
                lump_sum = Fraction(tier.fixed) + amount * Fraction(tier.percent) / 100
        return half_up(Fraction(lump_sum), self.claim.unit)

    def claim_costs(self, day, lump_sum):
        fees = sorted(
            (c for c in self.claim.costs if c.kind == "fee"),
            key=lambda cost: (cost.day, cost.ref, cost.amount),
        )
        fees = fees[: self.terms.max_fees]  # all of them without a limit
        others = [cost for cost in self.claim.costs if cost.kind != "fee"]
        for cost in (*fees, *others):
            if cost.day == day:
                self.charge_cost(cost.amount)
        if lump_sum:
            self.charge_cost(lump_sum)

    def end_of_day(self, day, lump_sum):
        self.claim_costs(day, lump_sum)
        today = [event for event in self.claim.events if event.day == day]
        for event in today:
            if event.kind == "debit":
                self.principal += Fraction(event.amount)
        for event in today:
            if event.kind == "credit":
                self.take_principal(Fraction(event.amount), day)
            if event.kind == "payment":
                self.money += Fraction(event.amount)
        self.use_money(day)
        if self.grace == day:
            if self.principal > 0 and self.upto > day:
                self.charge(self.waits)
                self.use_money(day)
            self.waits = Fraction(0)
        if self.is_rest(day):
            self.added = Fraction(0)
            if half_up(self.interest, self.claim.unit) > self.paid_interest:
                self.added = max(self.interest - self.paid_interest, 0)

    def take_principal(self, amount, day):
        taken = min(amount, self.principal)
        self.principal -= taken
        self.money += amount - taken
        self.fix(taken, day)

    def fix(self, amount, day):
        """The rate of this day is that of all earlier days of this part."""
        if not (amount and self.exposure):
            return
        rate = self.rate(day)
        for past in self.exposure:
            part = min(self.exposure[past], amount)
            self.exposure[past] -= part
            interest = part * weigh(self.terms.day_count, past)
            interest *= rate / 100
            if self.grace and day <= self.grace:
                self.waits += interest
            else:
                self.charge(interest)

    def use_money(self, day):
        for part in self.terms.order.split("_"):
            if part == "cost":
                taken = min(self.money, self.costs - self.paid_costs)
                self.paid_costs += taken
            elif part == "interest":
                open_interest = half_up(self.interest, self.claim.unit)
                open_interest -= self.paid_interest
                taken = min(self.money, open_interest)
                self.paid_interest += taken
                if taken > 0:
                    self.added = max(self.added - taken, 0)
                    if taken == open_interest:
                        self.added = Fraction(0)
            else:
                taken = min(self.money, self.principal)
                self.principal -= taken
                self.fix(taken, day)
            self.money -= taken

    def is_rest(self, day):
        months = {"none": 0, "month": 1, "year": 12}[self.terms.compounding]
        if not months or not self.first or day < self.first:
            return False
        if self.terms.rests == "calendar":
            tomorrow = day + DAY
            return tomorrow.day == 1 and (months == 1 or tomorrow.month == 1)
        count = months
        while later(self.first - DAY, count) < day:
            count += months
        return later(self.first - DAY, count) == day

    def run(self):
        days = [self.upto, self.first or self.upto]
        days += [one.day for one in (*self.claim.events, *self.claim.costs)]
        day = min(days)
        while day <= self.upto:
            self.one_day(day)
            day += DAY
        self.fix(sum(self.exposure.values()), self.upto)
        return self


def round_away(steps):
    """To the nearest whole number; the half goes away from zero."""
    sign = -1 if steps < 0 else 1
    return sign * int(abs(steps) + Fraction(1, 2))
