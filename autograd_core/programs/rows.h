
/* How the functions above are run: for one row, or over a table of rows. */
#if LANES == 1
long row_memory(void) { return PLACES + TOTALS + 1; }

void row_program(const double *parameters, const double *row, double *out, double *memory)
{
    double *totals = memory + PLACES;
    row_statements(parameters, row, memory, totals);
    if (ABSENT) memset(out, 0, RESULTS * sizeof(double));
    for (int t = 0; t < TOTALS; t++) out[PLACE(t)] = totals[t];
#if SINGLE
    row_gradients(row, memory, out, NULL);
#endif
}
#else
enum {
    WIDTH = INPUTS + KEPT, /* numbers that are kept of a vector of rows; its others stand where the next vector will come */
    TILE = SLOTS * (WEIGHTS == 0 || WIDTH > 16384 ? 1 : WEIGHTS > 4096 ? 16 : LANES == 8 ? 4 : 8), /* vectors between two passes over the weights */
    BLOCK = 1024 /* rows whose sums are added up apart from those of other rows, perhaps at the same time */
};

long rows_memory(void) { return LANES * ((long)TILE * WIDTH + PLACES + (SLOTS + 1) * TOTALS + SLOTS * (long)WEIGHTS) + RESULTS; }

static void clear(number *totals, int count)
{
    for (int t = 0; t < count; t++) totals[t] = -0.0 * one; /* to which anything may be added, -0.0 too */
}

static int read_rows(number *inputs, const double *rows, long left)
{
    const int lanes = left < LANES ? (int)left : LANES;
    for (int k = 0; k < INPUTS; k++)
        for (int i = 0; i < LANES; i++) inputs[k][i] = rows[(i < lanes ? i : 0) * INPUTS + k];
    return lanes;
}

#if SINGLE
/* The sums over at most BLOCK rows. */
static void rows_block(const double *parameters, const double *rows, long count, double *out, double *memory)
{
    number *vectors = (number *)memory, *totals = vectors + (long)TILE * WIDTH + PLACES, *tail = totals + SLOTS * TOTALS;
    clear(totals, SLOTS * TOTALS);
    if (ABSENT) memset(out, 0, RESULTS * sizeof(double));
    for (long start = 0; start < count; start += TILE * LANES) {
        const long left = count - start;
        const int used = left < TILE * LANES ? (int)((left + LANES - 1) / LANES) : TILE;
        for (int u = 0; u < used; u++) {
            number *inputs = vectors + u * WIDTH, *v = inputs + INPUTS, *mine = totals + u % SLOTS * TOTALS;
            const int lanes = read_rows(inputs, rows + (start + u * LANES) * INPUTS, left - u * LANES);
            if (lanes == LANES) {
                rows_statements(parameters, inputs, v, mine);
                continue;
            }
            clear(tail, TOTALS);
            rows_statements(parameters, inputs, v, tail);
            for (int t = 0; t < TOTALS; t++)
                for (int i = 0; i < lanes; i++) mine[t][i] += tail[t][i];
            rows_clear_lanes(v, lanes);
        }
        rows_of_a_tile tile = {used, start == 0, start + used * LANES >= count, WIDTH, tail + TOTALS};
        rows_gradients(vectors, vectors + INPUTS, out, &tile);
    }
    for (int t = 0; t < TOTALS; t++) {
        number sums[SLOTS];
        for (int slot = 0; slot < SLOTS; slot++) sums[slot] = totals[slot * TOTALS + t];
        out[PLACE(t)] = added_up(sums);
    }
}

/* The sums of each block, one behind the other: what one of several threads does. */
void rows_blocks(const double *parameters, const double *rows, long count, double *sums, double *memory)
{
    for (long start = 0; start < count; start += BLOCK, sums += RESULTS)
        rows_block(parameters, rows + start * INPUTS, count - start < BLOCK ? count - start : BLOCK, sums, memory);
}

/* Add the sums of blocks to those of the blocks before them. */
void rows_add(double *out, const double *sums, long blocks)
{
    for (long b = 0; b < blocks; b++)
        for (int r = 0; r < RESULTS; r++) out[r] += sums[b * RESULTS + r];
}

void rows_program(const double *parameters, const double *rows, long count, double *out, double *memory)
{
    double *block = memory + rows_memory() - RESULTS;
    if (count <= 0) memset(out, 0, RESULTS * sizeof(double));
    for (long start = 0; start < count; start += BLOCK) {
        rows_block(parameters, rows + start * INPUTS, count - start < BLOCK ? count - start : BLOCK, start ? block : out, memory);
        if (start) rows_add(out, block, 1);
    }
}

/* The values of further nodes, row by row. */
void rows_further(const double *parameters, const double *rows, long count, double *out, double *memory)
{
    number *inputs = (number *)memory, *v = inputs + INPUTS, *totals = v + PLACES;
    clear(totals, TOTALS);
    for (long start = 0; start < count; start += LANES) {
        const int lanes = read_rows(inputs, rows + start * INPUTS, count - start);
        rows_statements(parameters, inputs, v, totals);
        for (int i = 0; i < lanes; i++)
            for (int r = 0; r < FURTHER; r++) out[(start + i) * FURTHER + r] = v[FIRST_FURTHER + r][i];
    }
}
#else
void rows_program(const double *parameters, const double *rows, long count, double *out, double *memory)
{
    number *inputs = (number *)memory, *v = inputs + INPUTS, *values = v + PLACES;
    for (long start = 0; start < count; start += LANES) {
        const int lanes = read_rows(inputs, rows + start * INPUTS, count - start);
        rows_statements(parameters, inputs, v, values);
        for (int i = 0; i < lanes; i++)
            for (int r = 0; r < RESULTS; r++) out[(start + i) * RESULTS + r] = values[r][i];
    }
}

/* The same where each input is a column of its own, and each output too. */
void rows_columns(const double *parameters, const double *const *columns, long count, double *const *out, double *memory)
{
    number *inputs = (number *)memory, *v = inputs + INPUTS, *values = v + PLACES;
    for (long start = 0; start < count; start += LANES) {
        const size_t bytes = (count - start < LANES ? count - start : LANES) * sizeof(double);
        for (int k = 0; k < INPUTS; k++) {
            if (bytes == sizeof(number)) memcpy(inputs + k, columns[k] + start, sizeof(number));
            else memcpy(inputs + k, columns[k] + start, bytes);
        }
        rows_statements(parameters, inputs, v, values);
        for (int r = 0; r < RESULTS; r++) {
            if (bytes == sizeof(number)) memcpy(out[r] + start, values + r, sizeof(number));
            else memcpy(out[r] + start, values + r, bytes);
        }
    }
}
#endif
#endif
