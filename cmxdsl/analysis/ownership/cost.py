"""Cost of ownership: what was bought, written off over its life, and what each year takes.

A purchase of price P with a life of n years costs P · i / (1 - (1 + i)^-n) a year at a cost of capital of i a year, the
level payment that repays it (the annuity formula of any textbook of engineering economics), and P / n at 0%. So the
cost of a time t is t times the cost of a year: what is not written off at its end counts as still worth that much.
"""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.base.roles import is_accelerator, is_host
from cmxdsl.analysis.ownership.amounts import Amount, added, amount
from cmxdsl.analysis.power.usage import usage_effectiveness
from cmxdsl.model import Component, Subject
from cmxdsl.model.totals import total_of
from cmxdsl.records import frozen
from cmxdsl.units import Quantity, number, show
from cmxdsl.units.dimension import TIME

YEAR = Quantity(Fraction(31_557_600), TIME)
HOUR = Quantity(Fraction(3600), TIME)
NETWORK = ("network devices", "optics and cables")


@frozen
class Purchase:
    """What parts of one group cost: at purchase, and a year while they are written off."""

    group: str
    parts: int
    price: Amount
    yearly: Amount


@frozen
class Expense:
    """What one kind of expense takes each year, and how that was reckoned."""

    name: str
    basis: str
    yearly: Amount


@frozen
class Cost:
    """What a machine costs to own. `hours` are those of a year that count: all, or the share that is used."""

    purchases: tuple[Purchase, ...]
    expenses: tuple[Expense, ...]
    price: Amount
    yearly: Amount
    accelerators: int
    utilization: Fraction | None
    rented: bool

    def over(self, time: Quantity) -> Amount:
        """The cost of a time."""
        return self.yearly * (time / YEAR)

    def each(self, many: int) -> Amount:
        """The cost of an hour that one of so many is used."""
        if not many:
            return Amount(None, ("parts to share the cost",))
        used = self.utilization if self.utilization is not None else Fraction(1)
        if not used:
            return Amount(None, ("a `cost.utilization` above zero",))
        return self.yearly * (HOUR / YEAR) * number(1 / (used * many))

    def token(self, rate: float) -> Amount:
        """The cost of a token at so many a second, while the machine is used."""
        return self.each(1) * number(Fraction(1 / (rate * 3600)).limit_denominator(10**18))


def group_of(part: Component) -> str:
    """Where a part stands in the table of purchases."""
    role = part.text("role")
    if is_accelerator(part):
        return "accelerators"
    if is_host(part):
        return "host processors"
    if part.kind == "switch" or role == "nic":
        return NETWORK[0]
    if part.kind in ("optic", "cable", "fiber"):
        return NETWORK[1]
    if role in ("power", "cooling"):
        return "power and cooling"
    return "boards, chassis, racks and the rest"


def cost(subject: Subject) -> Cost:
    """The cost of ownership of a design, from the `cost` attributes of its top component and its parts' prices."""
    counts = {part: many for part, many in subject.counts.items() if many}
    top = subject.top
    utilization = top.quantity("cost.utilization")
    rented = any(part.quantity("rent") is not None for part in counts)
    groups: dict[str, dict[Component, int]] = {}
    for part, many in counts.items():
        if not rented and ("price" in part.attributes or part.kind in _owing(part)):
            groups.setdefault(group_of(part), {})[part] = many
    purchases = [_purchase(name, parts, top) for name, parts in groups.items()]
    purchases = [p for p in purchases if p.price.value is not None or p.price.lacking]
    purchases.sort(key=lambda p: (-(p.price.value.value if p.price.value is not None else 0), p.group))
    price = added(p.price for p in purchases)
    expenses = _rent(subject) if rented else _expenses(subject, price)
    yearly = added([*(p.yearly for p in purchases), *(e.yearly for e in expenses)])
    many = sum(many for part, many in counts.items() if is_accelerator(part))
    used = None if utilization is None else utilization.value
    return Cost(tuple(purchases), tuple(expenses), price, yearly, many, used, rented)


def _owing(part: Component) -> tuple[str, ...]:
    return part.vocabulary.attributes["price"].owed


def _purchase(name: str, parts: dict[Component, int], top: Component) -> Purchase:
    """One group; parts whose lives differ are written off each over its own."""
    usual = top.quantity("cost.life")
    yearly = []
    for part, many in parts.items():
        price = amount(total_of({part: many}, "price"), "price")
        if price.value is not None and price.value.value == 0 and price.known:
            yearly.append(price)  # nothing to write off, whatever its life
        elif price.value is not None or price.lacking:
            life = part.quantity("life") or usual
            yearly.append(written_off(price, life, top, f"life of {part.name}, or `cost.life`"))
    return Purchase(name, sum(parts.values()), amount(total_of(parts, "price"), "price"), added(yearly))


def written_off(price: Amount, life: Quantity | None, top: Component, lacking: str) -> Amount:
    """What a purchase costs a year over its life, at the design's cost of capital."""
    capital = top.quantity("cost.capital")
    if life is not None and life.value and capital is not None:
        return price * number(annuity(capital.value, (life / YEAR).value))
    missing = [lacking] * (life is None or not life.value) + ["`cost.capital`"] * (capital is None)
    return Amount(None, (*price.lacking, *missing))


def annuity(interest: Fraction, years: Fraction) -> Fraction:
    """The level payment a year, for each unit borrowed, that repays it in so many years: i / (1 - (1 + i)^-n).

    Twelve digits where the number of years is not whole, as powers are then irrational.
    """
    if not interest:
        return 1 / years
    if years.denominator == 1 and years <= 100:
        return interest / (1 - (1 + interest) ** -int(years))
    return Fraction(round(float(interest) / (1 - (1 + float(interest)) ** -float(years)), 12))


# --- what each year takes -----------------------------------------------------------------------------------


def _rent(subject: Subject) -> list[Expense]:
    """A machine that is rented: the rent is all that it costs, besides staff where that is stated."""
    rent = amount(subject.total("rent"), "rent")
    found = [Expense("rent", "by the hour, every hour", rent * YEAR)]
    staff = subject.top.quantity("cost.staff")
    return found + ([Expense("staff", "", Amount(staff * YEAR))] if staff is not None else [])


def _expenses(subject: Subject, price: Amount) -> list[Expense]:
    top = subject.top
    found = [_once(top, name, price) for name in ("installation", "spares")]
    found += [_support(top, price), _energy(subject), *_housing(subject)]
    staff = top.quantity("cost.staff")
    found.append(Expense("staff", "", _unstated("cost.staff") if staff is None else Amount(staff * YEAR)))
    return found


def _unstated(name: str) -> Amount:
    return Amount(None, (f"`{name}`",))


def _once(top: Component, name: str, price: Amount) -> Expense:
    """A share of the purchase that is paid with it and written off over the usual life."""
    share = top.quantity(f"cost.{name}")
    if share is None:
        return Expense(name, "", _unstated(f"cost.{name}"))
    paid = price * share
    yearly = paid if not share.value else written_off(paid, top.quantity("cost.life"), top, "`cost.life`")
    return Expense(name, _share(share), yearly)


def _support(top: Component, price: Amount) -> Expense:
    share = top.quantity("cost.support")
    if share is None:
        return Expense("support", "", _unstated("cost.support"))
    return Expense("support", _share(share), price * share)


def _share(share: Quantity) -> str:
    return f"{show(share, '%')} of the purchase"


def _energy(subject: Subject) -> Expense:
    """Typical draw, times the usage effectiveness of the building, times the price of electricity. Cooling that the
    design places is in the effectiveness, not in the draw (ISO/IEC 30134-2)."""
    machine = {part: many for part, many in subject.counts.items() if part.text("role") != "cooling"}
    draw, price = total_of(machine, "power.typical"), subject.top.quantity("cost.energy")
    pue = usage_effectiveness(subject, "power.typical")
    lacking = [f"power.typical of {name}" for name in draw.lacking]
    lacking += ["`cost.energy`"] * (price is None) + ["`pue`, or a power tree that feeds every part"] * (pue is None)
    if draw.value is None:
        lacking += ["any part with power.typical"] * (not draw.lacking)
    if draw.value is None or price is None or pue is None:
        return Expense("energy", "", Amount(None, tuple(lacking)))
    basis = f"{show(draw.value)} typical, PUE {float(pue):.4g}, {show(price)}"
    return Expense("energy", basis, Amount(draw.value * number(pue) * price * YEAR, tuple(lacking)))


def _housing(subject: Subject) -> list[Expense]:
    """A building of one's own, a leased hall, or both; one of them has to be stated."""
    top = subject.top
    peak, building, lease = subject.total("power.peak"), top.quantity("cost.building"), top.quantity("cost.lease")
    lacking = tuple(f"power.peak of {name}" for name in peak.lacking) + ("any part with power.peak",) * (
        peak.known == 0
    )
    draw = peak.value
    found = []
    if building is not None:
        paid = Amount(None if draw is None else draw * building, lacking)
        yearly = written_off(paid, top.quantity("cost.building_life"), top, "`cost.building_life`")
        found.append(Expense("building", _by_peak(draw), yearly))
    if lease is not None:
        found.append(Expense("lease", _by_peak(draw), Amount(None if draw is None else draw * lease * YEAR, lacking)))
    return found or [Expense("building or lease", "", Amount(None, ("`cost.building` or `cost.lease`",)))]


def _by_peak(draw: Quantity | None) -> str:
    return f"{show(draw)} of peak power" if draw is not None else ""
