/* The engine's inner loops for machines with a C compiler. Each has a NumPy twin that gives the
 * same bits (tests/unit/attribution/test_engine_compiled.py); see engine/compiled.py. */
#include <stdint.h>
#include <math.h>

#define COLUMNS 16

/* chain.sweep_plain, which see. `coarse` has a row per parent and one more for the residuals'
 * sizes. */
void sweep(int64_t states, int64_t parents, int64_t rows, const int64_t *first_step,
           const int32_t *origin, const double *step, const int32_t *last, const int32_t *parent,
           const double *share, const int32_t *source, const double *inflow,
           const int32_t *removed, const double *correction, const double *rhs,
           const double *restrict before, double *restrict after, double *restrict coarse) {
    double sizes[COLUMNS] = {0.0};
    for (int64_t i = 0; i < parents * COLUMNS; i++) coarse[i] = 0.0;
    for (int64_t s = 0; s < states; s++) {
        double flow[COLUMNS] = {0.0};
        double *down = coarse + (int64_t)parent[s] * COLUMNS;
        const double *brought = correction + (int64_t)source[s] * COLUMNS;
        const double *up = correction + (int64_t)parent[s] * COLUMNS;
        for (int64_t e = first_step[s]; e < first_step[s + 1]; e++) {
            const double *from = before + (int64_t)origin[e] * COLUMNS;
            for (int c = 0; c < COLUMNS; c++) flow[c] += from[c] * step[e];
        }
        for (int c = 0; c < COLUMNS; c++) flow[c] = brought[c] * inflow[s] + flow[c];
        if (s < rows)
            for (int c = 0; c < COLUMNS; c++) flow[c] += rhs[s * COLUMNS + c];
        for (int c = 0; c < COLUMNS; c++) {
            double reached = last[s] == removed[c] ? 0.0 : flow[c];
            double residual = reached - (before[s * COLUMNS + c] + up[c] * share[s]);
            after[s * COLUMNS + c] = reached;
            down[c] += residual;
            sizes[c] += fabs(residual);
        }
    }
    for (int c = 0; c < COLUMNS; c++) coarse[parents * COLUMNS + c] = sizes[c];
}

/* grams.gram_keys and a count of each, for streams of single bytes. `times` has base^(order+1). */
void count_grams(const uint8_t *stream, int64_t size, int64_t base, int64_t order,
                 int64_t *times) {
    int64_t oldest_digit = 1, state = 0, inside = 0;
    for (int64_t i = 1; i < order; i++) oldest_digit *= base;
    for (int64_t i = 1; i < size; i++) {
        int64_t symbol = stream[i];
        times[state * base + symbol]++;
        if (order == 1) {
            state = symbol;
        } else if (symbol == 0) {
            state = inside = 0;
        } else {
            if (inside >= order) state -= stream[i - order] * oldest_digit;
            state = state * base + symbol;
            inside++;
        }
    }
}
