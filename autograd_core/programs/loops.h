/* What every program in C stands on: numbers, and loops over arrays of numbers.

   A number holds the same quantity of LANES rows, one in each lane of a vector; with LANES 1 it is one double. Sums over
   rows do not depend on LANES: row i of a block goes to the partial sum i mod 8, and the eight partial sums are added
   as ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)). SLOTS vectors hold the eight. */

#include <math.h>
#include <string.h>

#ifndef LANES /* as many as a register of this processor holds */
#if defined(__AVX512F__)
#define LANES 8
#elif defined(__AVX__)
#define LANES 4
#else
#define LANES 2
#endif
#endif
enum { SLOTS = LANES == 1 ? 1 : 8 / LANES };

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define SHUFFLE __builtin_shufflevector
#endif
#endif
#define LIST(...) ((const number *const[]){__VA_ARGS__})
#define EACH(k, count) _Pragma("GCC unroll 8") for (int k = 0; k < count; k++) /* written out, so that sums stay in registers */
#define INLINE static inline __attribute__((always_inline))
#if LANES == 1
#define NAME(function) row_##function
#define V(x) (x)
#define SELECT(test, then, otherwise) ((test) ? (then) : (otherwise))
#define ADD(total) total =
typedef double number;
static const number one = 1.0;
#else
#define NAME(function) rows_##function
#define V(x) (one * (x)) /* a plain double in every lane; a vector as it is */
#define SELECT(test, then, otherwise) ((number)(((mask)(test) & (mask)(then)) | (~(mask)(test) & (mask)(otherwise))))
#define ADD(total) total +=
typedef double number __attribute__((vector_size(8 * LANES), aligned(16)));
typedef long long mask __attribute__((vector_size(8 * LANES), aligned(16)));
static const number one = {1.0, 1.0
#if LANES > 2
    , 1.0, 1.0
#if LANES > 4
    , 1.0, 1.0, 1.0, 1.0
#endif
#endif
};
#endif

/* What a function that adds up gradients is given: `used` vectors of rows, each `places` numbers behind the one before. */
typedef struct { int used, first, last; long places; number *sums; } rows_of_a_tile;

/* Whether tiles of 8, 4, 2 and 1 that cover `size` have any of `count`: sizes are constants, and what is not needed is not compiled. */
#define ANY(count, size) (count == 8 ? size >= 8 : size % (2 * count) >= count)

/* z = W x + b. Eight sums stand in registers at a time; each is added from left to right. */
INLINE void product(number *z, const double *W, long stride, const double *b, long step, const number *x, int m, int n)
{
    int j = 0;
#define SUMS(count) \
    if (ANY(count, m)) for (; j + count <= m; j += count) { \
        number t[count]; \
        EACH(k, count) t[k] = W[(j + k) * stride] * x[0]; \
        _Pragma("GCC unroll 1") for (int i = 1; i < n; i++) \
            EACH(k, count) t[k] += W[(j + k) * stride + i] * x[i]; \
        EACH(k, count) z[j + k] = t[k] + b[(j + k) * step]; \
    }
    SUMS(8) SUMS(4) SUMS(2) SUMS(1)
#undef SUMS
}

#if LANES == 1
/* dx = W^T d, or, with add, dx + W^T d: from the last d to the first, as Value.backward does. */
INLINE void transposed_product(number *restrict dx, const double *W, long stride, const number *d, int m, int n, int add)
{
    int j = m - 1;
    if (!add) {
        for (int i = 0; i < n; i++) dx[i] = d[j] * W[j * stride + i];
        j--;
    }
    for (; j >= 0; j--)
        for (int i = 0; i < n; i++) dx[i] += d[j] * W[j * stride + i];
}

/* dW = d x^T and db = d, added up over several uses of the weights. */
INLINE void outer_product(double *dW, long stride, double *db, long step, const number *const *d, const number *const *x, int uses,
                          int m, int n, rows_of_a_tile *one_row)
{
    (void)one_row;
    for (int j = 0; j < m; j++)
        for (int i = 0; i < n; i++) dW[j * stride + i] = d[0][j] * x[0][i];
    for (int use = 1; use < uses; use++)
        for (int j = 0; j < m; j++)
            for (int i = 0; i < n; i++) dW[j * stride + i] += d[use][j] * x[use][i];
    for (int j = 0; db && j < m; j++) {
        db[j * step] = d[0][j];
        for (int use = 1; use < uses; use++) db[j * step] += d[use][j];
    }
}
#else
INLINE void transposed_product(number *dx, const double *W, long stride, const number *d, int m, int n, int add)
{
    int i = 0;
#define SUMS(count) \
    if (ANY(count, n)) for (; i + count <= n; i += count) { \
        number t[count]; \
        const int last = m - 1; \
        EACH(k, count) { \
            t[k] = d[last] * W[last * stride + i + k]; \
            if (add) t[k] = dx[i + k] + t[k]; \
        } \
        _Pragma("GCC unroll 1") for (int j = last - 1; j >= 0; j--) \
            EACH(k, count) t[k] += d[j] * W[j * stride + i + k]; \
        EACH(k, count) dx[i + k] = t[k]; \
    }
    SUMS(8) SUMS(4) SUMS(2) SUMS(1)
#undef SUMS
}

/* The eight partial sums, added up. */
INLINE double added_up(const number *sums)
{
#if LANES == 8
    typedef double four __attribute__((vector_size(32), aligned(16), may_alias));
    const four h = ((const four *)sums)[0] + ((const four *)sums)[1];
#elif LANES == 4
    const number h = sums[0] + sums[1];
#else
    const number a = sums[0] + sums[2], b = sums[1] + sums[3], c = a + b;
    return c[0] + c[1];
#endif
#if LANES > 2
    return (h[0] + h[2]) + (h[1] + h[3]);
#endif
}

/* The same for the partial sums of eight numbers, where a compiler has shuffles: several numbers share each addition. */
INLINE void eight_added_up(double *totals, const number *sums)
{
#if LANES == 8 && defined(SHUFFLE)
    number a[4], b[2];
    EACH(k, 4)
        a[k] = SHUFFLE(sums[2 * k], sums[2 * k + 1], 0, 1, 2, 3, 8, 9, 10, 11) + SHUFFLE(sums[2 * k], sums[2 * k + 1], 4, 5, 6, 7, 12, 13, 14, 15);
    EACH(k, 2)
        b[k] = SHUFFLE(a[2 * k], a[2 * k + 1], 0, 1, 4, 5, 8, 9, 12, 13) + SHUFFLE(a[2 * k], a[2 * k + 1], 2, 3, 6, 7, 10, 11, 14, 15);
    b[0] = SHUFFLE(b[0], b[1], 0, 2, 4, 6, 8, 10, 12, 14) + SHUFFLE(b[0], b[1], 1, 3, 5, 7, 9, 11, 13, 15);
    memcpy(totals, b, sizeof *b);
#elif LANES == 4 && defined(SHUFFLE)
    for (int half = 0; half < 2; half++, totals += 4, sums += 8) {
        number a[4], b[2];
        EACH(k, 4) a[k] = sums[2 * k] + sums[2 * k + 1];
        EACH(k, 2)
            b[k] = SHUFFLE(a[2 * k], a[2 * k + 1], 0, 1, 4, 5) + SHUFFLE(a[2 * k], a[2 * k + 1], 2, 3, 6, 7);
        b[0] = SHUFFLE(b[0], b[1], 0, 2, 4, 6) + SHUFFLE(b[0], b[1], 1, 3, 5, 7);
        memcpy(totals, b, sizeof *b);
    }
#else
    for (int k = 0; k < 8; k++) totals[k] = added_up(sums + k * SLOTS);
#endif
}

/* The gradients of J times I weights in registers: the outer product d x^T, over several uses of the weights, and over rows. */
INLINE void tile_of_products(double *dW, long stride, const number *const *d, const number *const *x, int uses, int j, int i,
                             rows_of_a_tile *rows, const int J, const int I)
{
    number finished[8 * SLOTS], *const to = rows->last ? finished : rows->sums;
    for (int slot = 0; slot < SLOTS; slot++) {
        number t[8];
        if (rows->first) {
            EACH(k, J * I) t[k] = -0.0 * one;
        } else {
            EACH(k, J * I) t[k] = rows->sums[k * SLOTS + slot];
        }
        _Pragma("GCC unroll 1") for (long u = slot; u < rows->used; u += SLOTS) {
            const number *du = d[0] + u * rows->places + j, *xu = x[0] + u * rows->places + i;
            if (uses == 1) {
                EACH(k, J)
                    EACH(l, I) t[k * I + l] += du[k] * xu[l];
            } else {
                number of_row[8];
                EACH(k, J * I) of_row[k] = du[k / I] * xu[k % I];
                for (int use = 1; use < uses; use++) {
                    du = d[use] + u * rows->places + j, xu = x[use] + u * rows->places + i;
                    EACH(k, J * I) of_row[k] += du[k / I] * xu[k % I];
                }
                EACH(k, J * I) t[k] += of_row[k];
            }
        }
        EACH(k, J * I) to[k * SLOTS + slot] = t[k];
    }
    if (rows->last && J * I == 8) {
        double totals[8];
        eight_added_up(totals, finished);
        for (int k = 0; k < J; k++) memcpy(dW + (j + k) * stride + i, totals + k * I, I * sizeof(double));
    } else if (rows->last) {
        for (int k = 0; k < J * I; k++) dW[(j + k / I) * stride + i + k % I] = added_up(finished + k * SLOTS);
    }
    rows->sums += J * I * SLOTS;
}

/* dW = sum over the rows of d x^T, and db = sum over the rows of d. */
INLINE void outer_product(double *dW, long stride, double *db, long step, const number *const *d, const number *const *x, int uses,
                          int m, int n, rows_of_a_tile *rows)
{
    int j = 0;
#define STRIP(J, I) \
    if (J == 1 ? m % 4 : m >= 4) for (; j + J <= m; j += J) { \
        int i = 0; \
        if (n >= I) for (; i + I <= n; i += I) tile_of_products(dW, stride, d, x, uses, j, i, rows, J, I); \
        if (n % I) for (; i < n; i++) tile_of_products(dW, stride, d, x, uses, j, i, rows, J, 1); \
    }
    STRIP(4, 2) STRIP(1, 8)
#undef STRIP
    for (j = 0; db && j < m; j++) {
        number finished[SLOTS];
        for (int slot = 0; slot < SLOTS; slot++) {
            number t = rows->first ? -0.0 * one : rows->sums[slot];
            for (long u = slot; u < rows->used; u += SLOTS) {
                number of_row = d[0][u * rows->places + j];
                for (int use = 1; use < uses; use++) of_row += d[use][u * rows->places + j];
                t += of_row;
            }
            finished[slot] = t;
        }
        if (rows->last) db[j * step] = added_up(finished);
        else
            for (int slot = 0; slot < SLOTS; slot++) rows->sums[slot] = finished[slot];
        rows->sums += SLOTS;
    }
}

/* Nothing in the lanes of a last, shorter vector that have no row. */
INLINE void clear_lanes(number *x, int count, int lanes)
{
    for (int k = 0; k < count; k++)
        for (int i = lanes; i < LANES; i++) x[k][i] = 0.0;
}
#endif
