"""Markov chains of journeys, and their removal effects, exactly and without simulation.

The state of a chain of order k is the last k channels (fewer at the start of a journey). From a
state the journey goes on to a channel, converts, or ends. A channel's removal redirects every
step into it to the end: RE_i = 1 - P(conversion without entering i) / P(conversion) (Anderl et
al. 2016, "Mapping the customer journey"). P(conversion) of the whole chain is conversions/journeys.

Order 1: all removals come from one inverse N = (I - Q)^-1, since the visits that a journey pays
to state j when i is removed are N[start, j] - N[start, i] / N[i, i] * N[i, j].

Higher orders: the visits u = u Q_i + start are solved by sweeps, all removals at once, each sweep
followed by a correction on the chain of the order below, down to order 1, where the inverse is at
hand (multigrid, with orders as levels). The error is bounded, not guessed: what a residual could
still add to a probability is at most its own sum, and sweeps stop when that is below `TOLERANCE`.

Every sum is made in one fixed order by + and * alone, so results are the same bit for bit
whatever library, number of threads or kernel (`engine.compiled`) makes them.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from touchline.attribution.engine.arrays import Array, Floats, Ints, np
from touchline.attribution.engine.grams import Sums, run_starts, shorten

if TYPE_CHECKING:
    from touchline.attribution.engine.compiled import Kernel

TOLERANCE = 1e-13
"""Largest error of a probability, relative to P(conversion)."""
MAX_SWEEPS = 1_000_000
SETTLING = 0.8
"""A corrected sweep that leaves more of the residual than this is followed by plain sweeps, more
each time: those alone converge, while a correction can overshoot where few paths were seen."""
COLUMNS = 16
"""Removals solved together: their vectors stay in the processor's cache."""
THREADS = 2
NOBODY = -1
"""Fills up a batch of removals: removes no channel."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of one order; state 0 is START. Arrays are by state; `origin` and `step` by step."""

    order: int
    last: Array
    """The state's last channel, 1..C; 0 at START."""
    visits: Floats
    first_step: Ints
    """Where the steps into a state begin in `target`, `origin` and `step`: sorted by target."""
    target: Array
    origin: Array
    step: Floats
    """The probability of each step from its origin."""
    gains: Floats
    """2 x states: the probability to convert now, and the value expected from that."""
    parent: Array
    """The state of the next lower order that this one belongs to."""
    share: Floats
    """This state's part of the visits to its parent."""
    source: Array
    """The parent of all states that steps into this one come from."""
    inflow: Floats
    """What arrives here for each visit to `source`, spread by `share`."""


def chain_of(grams: Sums, base: int, order: int) -> Chain:
    """Build the chain of one order from grams of that order.

    `grams.sums` has the rows: times, conversions, value in micros.
    """
    from_state = grams.keys // base
    starts = run_starts(from_state)
    states = from_state[starts]
    state_of = np.repeat(np.arange(states.size), np.diff(np.append(starts, from_state.size)))
    times = grams.sums[0].astype(np.float64)
    visits = np.bincount(state_of, times, states.size).astype(np.float64)
    goes_on = grams.keys % base != 0
    gains = np.zeros((2, states.size))
    ends = state_of[~goes_on]
    gains[:, ends] = grams.sums[1:, ~goes_on].astype(np.float64) / visits[ends]
    target = np.searchsorted(states, grams.keys[goes_on] % base**order)
    by_target = np.argsort(target, kind="stable")
    origin = state_of[goes_on][by_target]
    parents, parent = np.unique(states % base ** (order - 1), return_inverse=True)
    share = visits / np.bincount(parent, visits)[parent]
    step: Floats = times[goes_on][by_target] / visits[origin]
    arriving = np.bincount(target[by_target], step * share[origin], states.size)
    return Chain(
        order=order,
        last=(states % base).astype(np.int32),
        visits=visits,
        first_step=np.searchsorted(target[by_target], np.arange(states.size + 1)),
        target=target[by_target],
        origin=origin.astype(np.int32),
        step=step,
        gains=gains,
        parent=parent.astype(np.int32),
        share=share,
        source=np.searchsorted(parents, states // base).astype(np.int32),
        inflow=arriving.astype(np.float64),
    )


def fundamental_matrix(chain: Chain) -> Floats:
    """N = (I - Q)^-1 of an order-1 chain: expected visits of j from i.

    Gauss-Jordan elimination in place; pivots need no search, the matrix is weakly diagonally
    dominant.
    """
    n = chain.last.size
    matrix = np.eye(n)
    matrix[chain.origin, chain.target] -= chain.step
    for pivot in range(n):
        column = matrix[:, pivot].copy()
        column[pivot] = 0.0
        row = matrix[pivot] / matrix[pivot, pivot]
        row[pivot] = 1.0 / matrix[pivot, pivot]
        matrix[:, pivot] = 0.0
        matrix -= column[:, None] * row
        matrix[pivot] = row
    return matrix


@dataclass(frozen=True, slots=True)
class Levels:
    """The chains of orders 1..k over the same journeys, and the inverse of the lowest."""

    chains: tuple[Chain, ...]
    inverse: Floats


def levels_of(grams: Sums, base: int, order: int) -> Levels:
    """The chains of all orders up to this one, from grams of this order."""
    chains = []
    for level in range(order, 0, -1):
        grams = shorten(grams, base, level)
        chains.append(chain_of(grams, base, level))
    return Levels(tuple(reversed(chains)), fundamental_matrix(chains[-1]))


@dataclass(slots=True)
class Flow:
    """The visits while they are being solved, and a spare array of their shape."""

    u: Floats
    spare: Floats

    def swap(self) -> None:
        """The spare array has the newer visits."""
        self.u, self.spare = self.spare, self.u


def without_each(levels: Levels, order: int, kernel: "Kernel | None" = None) -> Floats:
    """What START still reaches when each channel is removed: 2 x channels (P, value per journey).

    Columns are in the order of the channels' digits.
    """
    channels = levels.chains[0].last[1:]
    batches = [channels[first : first + COLUMNS] for first in range(0, channels.size, COLUMNS)]
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(lambda batch: _left(levels, order, batch, kernel), batches))
    return np.concatenate([np.empty((2, 0)), *parts], axis=1)


def _left(levels: Levels, order: int, channels: Array, kernel: "Kernel | None") -> Floats:
    chain = levels.chains[order - 1]
    converting = float((chain.gains[0] * chain.visits).sum() / chain.visits[0])
    removed = np.full(COLUMNS, NOBODY, np.int32)
    removed[: channels.size] = channels
    start = np.ones((1, COLUMNS))
    visits = _solve(levels, order, removed, start, converting * TOLERANCE, kernel)
    sums = [(visits * gain[:, None]).sum(axis=0)[: channels.size] for gain in chain.gains]
    return np.stack(sums)


def _solve(
    levels: Levels,
    order: int,
    removed: Array,
    rhs: Floats,
    tolerance: float,
    kernel: "Kernel | None",
) -> Floats:
    """u = u Q_i + rhs for the chain of each removed channel (a column each).

    `rhs` has the first rows, the others are 0. `tolerance` bounds the sum of residuals; infinity
    stops after two sweeps.
    """
    chain = levels.chains[order - 1]
    if order == 1:
        return _solve_directly(levels, removed, rhs)
    sweep = kernel.sweep if kernel else sweep_plain
    flow = Flow(np.zeros((chain.last.size, COLUMNS)), np.empty((chain.last.size, COLUMNS)))
    flow.u[: rhs.shape[0]] = rhs
    coarse = _restricted(chain, flow.u)
    rest = plain = 0
    last_size = np.inf
    for count in range(MAX_SWEEPS):
        if plain:
            correction = np.zeros_like(coarse)
        else:
            correction = _solve(levels, order - 1, removed, coarse, np.inf, kernel) - coarse
        residual = sweep(chain, removed, flow, correction, rhs)
        coarse, size = residual[:-1], float(residual[-1].max())
        if size <= tolerance and count >= 1:
            return flow.u
        if plain:
            plain -= 1
            continue
        rest = rest if size < SETTLING * last_size else 2 * rest + 1
        plain, last_size = rest, size
    raise ArithmeticError(f"the chain of order {order} did not settle")


def sweep_plain(
    chain: Chain, removed: Array, flow: Flow, correction: Floats, rhs: Floats
) -> Floats:
    """Correct the visits by the lower order's, then let every journey take one step.

    All steps into a state come from states of one parent, so what its correction brings is one
    product, and the corrected visits need not be written down. Gives the residuals' sums by
    parent, and in a last row the sum of their sizes.
    """
    stepped = correction[chain.source] * chain.inflow[:, None]
    for column, visits in enumerate(np.ascontiguousarray(flow.u.T)):
        arriving = visits[chain.origin] * chain.step
        stepped[:, column] += np.bincount(chain.target, arriving, chain.last.size)
    stepped[: rhs.shape[0]] += rhs
    stepped[chain.last[:, None] == removed] = 0.0
    residual = stepped - (flow.u + correction[chain.parent] * chain.share[:, None])
    flow.u = stepped
    sizes = np.abs(residual).sum(axis=0, keepdims=True)
    return np.concatenate([_restricted(chain, residual), sizes])


def _restricted(chain: Chain, residual: Floats) -> Floats:
    columns = [np.bincount(chain.parent, column) for column in residual.T]
    return np.stack(columns, axis=1)


def _solve_directly(levels: Levels, removed: Array, rhs: Floats) -> Floats:
    inverse = levels.inverse
    rows = np.searchsorted(levels.chains[0].last, np.maximum(removed, 0))
    columns = np.arange(removed.size)
    through = np.where(removed == NOBODY, 0.0, 1.0 / inverse[rows, rows])
    free = _product(inverse[: rhs.shape[0]].T, rhs)
    return free - inverse[rows].T * (free[rows, columns] * through)


def _product(left: Array, right: Floats) -> Floats:
    product = np.zeros((left.shape[0], right.shape[1]))
    for inner in range(left.shape[1]):
        product += left[:, inner : inner + 1] * right[inner]
    return product
