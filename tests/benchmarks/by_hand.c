/* What a C programmer writes for MLP(2, [16, 16, 1]) with hinge loss: value and 337 gradients, summed over a table of rows.

   Vectors of LANES rows; eight outputs, or four by two weights, in registers at a time; gradients of weights accumulated in
   registers over TILE vectors of rows. The weights stand neuron by neuron, each neuron's bias behind its weights. Unlike
   a generated program, it may fuse multiplications and additions and add the rows up in any order. */

#include <string.h>

#ifdef __AVX512F__
#define LANES 8
#else
#define LANES 4
#endif
#define TILE 16

typedef double number __attribute__((vector_size(8 * LANES)));
typedef long long mask __attribute__((vector_size(8 * LANES)));
#define INLINE static inline __attribute__((always_inline))

INLINE number positive(number test, number x) { return (number)((test > 0.0) & (mask)x); }

INLINE void forward(number *z, const double *w, const number *x, const int m, const int n, const int J)
{
    for (int j = 0; j < m; j += J) {
        number t[J];
        for (int k = 0; k < J; k++) t[k] = w[(j + k) * (n + 1) + n] + (number){0};
        for (int i = 0; i < n; i++)
#pragma GCC unroll 8
            for (int k = 0; k < J; k++) t[k] += w[(j + k) * (n + 1) + i] * x[i];
        for (int k = 0; k < J; k++) z[j + k] = t[k];
    }
}

INLINE void backward(number *dx, const double *w, const number *d, const int m, const int n)
{
    for (int i = 0; i < n; i += 8) {
        number t[8] = {0};
        for (int j = 0; j < m; j++)
#pragma GCC unroll 8
            for (int k = 0; k < 8; k++) t[k] += d[j] * w[j * (n + 1) + i + k];
        memcpy(dx + i, t, sizeof t);
    }
}

INLINE double sum(number x)
{
    double total = 0.0;
    for (int i = 0; i < LANES; i++) total += x[i];
    return total;
}

typedef struct { number x[3], h1[16], h2[16], d1[16], d2[16], d3; } vector_of_rows;

/* dw[j][i] += d[j] * x[i] over the rows of a tile, J by I of them in registers */
INLINE void outer(number *dw, const vector_of_rows *rows, const int used, const long d, const long x, const int m, const int n, const int J, const int I)
{
    for (int j = 0; j < m; j += J)
        for (int i = 0; i < n; i += I) {
            number t[J][I];
#pragma GCC unroll 8
            for (int k = 0; k < J; k++)
#pragma GCC unroll 8
                for (int l = 0; l < I; l++) t[k][l] = dw[(j + k) * (n + 1) + i + l];
            for (int u = 0; u < used; u++) {
                const number *row = (const number *)(rows + u);
#pragma GCC unroll 8
                for (int k = 0; k < J; k++)
#pragma GCC unroll 8
                    for (int l = 0; l < I; l++) t[k][l] += row[d + j + k] * row[x + i + l];
            }
#pragma GCC unroll 8
            for (int k = 0; k < J; k++)
#pragma GCC unroll 8
                for (int l = 0; l < I; l++) dw[(j + k) * (n + 1) + i + l] = t[k][l];
        }
    for (int j = 0; j < m; j++) {
        number t = dw[j * (n + 1) + n];
        for (int u = 0; u < used; u++) t += ((const number *)(rows + u))[d + j];
        dw[j * (n + 1) + n] = t;
    }
}

void by_hand(const double *w, const double *table, long count, double *out)
{
    vector_of_rows rows[TILE];
    number sums[338];
    memset(sums, 0, sizeof sums);
    for (long start = 0; start < count; start += TILE * LANES) {
        int used = 0;
        for (; used < TILE && start + used * LANES < count; used++) {
            vector_of_rows *row = rows + used;
            const long first = start + used * LANES;
            for (int i = 0; i < LANES; i++)
                for (int k = 0; k < 3; k++) row->x[k][i] = table[(first + i < count ? first + i : first) * 3 + k];
            number z3, margin, d[16];
            forward(row->h1, w, row->x, 16, 2, 8);
            for (int j = 0; j < 16; j++) row->h1[j] = positive(row->h1[j], row->h1[j]);
            forward(row->h2, w + 48, row->h1, 16, 16, 8);
            for (int j = 0; j < 16; j++) row->h2[j] = positive(row->h2[j], row->h2[j]);
            forward(&z3, w + 320, row->h2, 1, 16, 1);
            margin = 1.0 - row->x[2] * z3;
            for (int i = 0; i < LANES; i++) if (first + i >= count) margin[i] = 0.0;
            sums[0] += positive(margin, margin);
            row->d3 = positive(margin, -row->x[2]);
            for (int j = 0; j < 16; j++) row->d2[j] = positive(row->h2[j], row->d3 * w[320 + j]);
            backward(d, w + 48, row->d2, 16, 16);
            for (int j = 0; j < 16; j++) row->d1[j] = positive(row->h1[j], d[j]);
        }
        enum { X = 0, H1 = 3, H2 = 19, D1 = 35, D2 = 51, D3 = 67 };
        outer(sums + 1, rows, used, D1, X, 16, 2, 4, 2);
        outer(sums + 49, rows, used, D2, H1, 16, 16, 4, 2);
        outer(sums + 321, rows, used, D3, H2, 1, 16, 1, 8);
    }
    for (int r = 0; r < 338; r++) out[r] = sum(sums[r]);
}
