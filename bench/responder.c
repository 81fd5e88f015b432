/* Answers SNMP v1 and v2c on every address of this machine, the same for each, faster than anybody asks.

   usage: responder PORT FILE
   From SIGUSR1 to SIGUSR2 counters count, and now and then a small gauge needs a byte more than before.
   At SIGHUP it writes how many questions it has answered.
   FILE: entries in the order of their names, each: length of the name (1 byte), the name (the identifier's content),
   length of the variable binding (2 bytes, big end first), the variable binding as it is sent. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 32, SIZE = 8192, ROOM = 1400, NAMES = 128, GET = 0xa0, GET_NEXT = 0xa1, GET_BULK = 0xa5 };

struct entry { const uint8_t *name; uint8_t *bind, *other; int name_size, bind_size; };
struct part { const uint8_t *at; int size; };

static struct entry *entries;
static int count;
static volatile sig_atomic_t moving;
static volatile long answered;

static void move(int signal) { moving = signal == SIGUSR1; }

static void tell(int signal) {
    char line[24];
    (void)!write(1, line, snprintf(line, sizeof line, "%ld\n", answered)), (void)signal;
}

/* Gives where the value's tag stands in a binding of short lengths. */
static uint8_t *tag_of(const struct entry *e) { return e->bind + 4 + e->name_size; }

static void load(const char *file) {
    FILE *in = fopen(file, "rb");
    static uint8_t data[1 << 20];
    size_t size = in ? fread(data, 1, sizeof data, in) : 0;
    entries = calloc(65536, sizeof *entries);
    for (uint8_t *p = data; p < data + size; count++) {
        struct entry *e = &entries[count];
        e->name_size = *p++;
        e->name = p;
        p += e->name_size;
        e->bind_size = p[0] << 8 | p[1];
        e->bind = p + 2;
        p += 2 + e->bind_size;
        uint8_t *tag = tag_of(e);
        if (tag[0] == 0x42 && tag[1] == 1) {  /* the same gauge with a value beyond 127 */
            e->other = malloc(e->bind_size + 1);
            memcpy(e->other, e->bind, e->bind_size);
            uint8_t *at = e->other + (tag - e->bind);
            at[1] = 2, at[3] = at[2] | 0x80, at[2] = 0;
            e->other[1]++;
        }
    }
    if (!count) { fprintf(stderr, "nothing to answer in %s\n", file); exit(1); }
}

/* Gives the first entry whose name is not less than this one, or, if strict, greater. */
static int find(struct part name, int strict) {
    int low = 0, high = count;
    while (low < high) {
        int middle = (low + high) / 2;
        const struct entry *e = &entries[middle];
        int size = e->name_size < name.size ? e->name_size : name.size;
        int order = memcmp(e->name, name.at, size);
        if (!order) order = e->name_size - name.size;
        if (order < 0 || (strict && !order)) low = middle + 1; else high = middle;
    }
    return low;
}

/* Enters the element at *at and moves *at behind it; its size is -1 if there is none with this tag. */
static struct part element(const uint8_t **at, const uint8_t *end, int tag) {
    struct part none = {*at, -1}, found;
    const uint8_t *p = *at;
    if (end - p < 2 || (tag && *p != tag)) return none;
    int size = p[1];
    p += 2;
    if (size >= 0x80) {
        int bytes = size & 0x7f;
        if (bytes < 1 || bytes > 2 || end - p < bytes) return none;
        for (size = 0; bytes--; p++) size = size << 8 | *p;
    }
    if (end - p < size) return none;
    *at = p + size;
    found.at = p, found.size = size;
    return found;
}

static int number(struct part p) {
    int n = 0;
    for (int i = 0; i < p.size; i++) n = n << 8 | p.at[i];
    return n;
}

static uint8_t *head(uint8_t *at, int tag, int size) {
    *at++ = tag;
    if (size >= 0x100) *at++ = 0x82, *at++ = size >> 8; else if (size >= 0x80) *at++ = 0x81;
    *at++ = size;
    return at;
}

static int head_size(int size) { return size >= 0x100 ? 4 : size >= 0x80 ? 3 : 2; }

static int missing(uint8_t *out, struct part name, int tag) {
    uint8_t *at = head(out, 0x30, name.size + 4);
    at = head(at, 6, name.size);
    memcpy(at, name.at, name.size);
    at += name.size;
    *at++ = tag;
    *at++ = 0;
    return at - out;
}

/* Lets a counter of any size grow; one that would need another byte begins anew. */
static void grow(const struct entry *e, unsigned by) {
    uint8_t *tag = tag_of(e), *first = tag + 2;
    if (tag[0] != 0x41 && tag[0] != 0x46) return;
    for (uint8_t *at = first + tag[1] - 1; by && at >= first; by >>= 8, at--) *at = by += *at;
    if (*first & 0x80 || !*first) *first = 1;
}

static int copy(uint8_t *out, int index, struct part name, int tag) {
    static unsigned turn;
    if (index >= count) return missing(out, name, tag);
    struct entry *e = &entries[index];
    if (moving) {
        grow(e, 1 + turn % 50000);
        if (e->other && ++turn % 512 == 0) {
            memcpy(out, e->other, e->bind_size + 1);
            return e->bind_size + 1;
        }
    }
    memcpy(out, e->bind, e->bind_size);
    return e->bind_size;
}

static int binds(uint8_t *out, int kind, int plain, int repetitions, const struct part *names, int n) {
    int size = 0, at[NAMES];
    for (int i = 0; i < n; i++) {
        at[i] = find(names[i], kind != GET);
        if (kind == GET) {
            struct entry *e = at[i] < count ? &entries[at[i]] : NULL;
            int same = e && e->name_size == names[i].size && !memcmp(e->name, names[i].at, names[i].size);
            size += copy(out + size, same ? at[i] : count, names[i], 0x81);
        } else if (kind == GET_NEXT || i < plain) {
            size += copy(out + size, at[i], names[i], 0x82);
        }
    }
    if (kind == GET_BULK)
        for (int r = 0; r < repetitions; r++)
            for (int i = plain; i < n; i++) {
                if (size > ROOM - 60) return size;  /* as an agent does that fills a datagram and no more */
                size += copy(out + size, at[i]++, names[i], 0x82);
            }
    return size;
}

static int answer(const uint8_t *in, int size, uint8_t *out) {
    static uint8_t body[SIZE * 2];
    const uint8_t *at = in, *end = in + size;
    struct part message = element(&at, end, 0x30), names[NAMES];
    if (message.size < 0) return 0;
    at = message.at, end = message.at + message.size;
    element(&at, end, 2);
    element(&at, end, 4);
    const uint8_t *pdu_at = at;
    int kind = *at, n = 0;
    struct part pdu = element(&at, end, 0);
    if (pdu.size < 0 || (kind != GET && kind != GET_NEXT && kind != GET_BULK)) return 0;
    at = pdu.at, end = pdu.at + pdu.size;
    const uint8_t *id = at;
    element(&at, end, 2);
    int id_size = at - id;
    int plain = number(element(&at, end, 2)), repetitions = number(element(&at, end, 2));
    struct part list = element(&at, end, 0x30);
    if (list.size < 0) return 0;
    for (at = list.at, end = list.at + list.size; at < end && n < NAMES; n++) {
        struct part bind = element(&at, end, 0x30);
        const uint8_t *inside = bind.at;
        if (bind.size < 0 || (names[n] = element(&inside, bind.at + bind.size, 6)).size < 0) return 0;
    }
    int filled = binds(body, kind, plain < n ? plain : n, repetitions, names, n);
    int inner = id_size + 6 + head_size(filled) + filled, before = pdu_at - message.at;
    uint8_t *to = head(out, 0x30, before + head_size(inner) + inner);
    memcpy(to, message.at, before);
    to = head(to + before, 0xa2, inner);
    memcpy(to, id, id_size);
    memcpy(to + id_size, "\2\1\0\2\1\0", 6);
    to = head(to + id_size + 6, 0x30, filled);
    memcpy(to, body, filled);
    return to + filled - out;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    signal(SIGHUP, tell);
    load(argv[2]);
    signal(SIGUSR1, move);
    signal(SIGUSR2, move);
    int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1, room = 16 << 20;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);  /* so that it answers from the address that was asked */
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(s, (struct sockaddr *)&own, sizeof own)) { perror("bind"); return 1; }
    static uint8_t in[BATCH][SIZE], out[BATCH][SIZE * 2];
    static char control[BATCH][128];
    struct sockaddr_in from[BATCH];
    struct iovec get[BATCH], put[BATCH];
    struct mmsghdr came[BATCH], goes[BATCH];
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            get[i] = (struct iovec){in[i], SIZE};
            came[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &get[i], 1, control[i], sizeof control[i], 0};
        }
        int n = recvmmsg(s, came, BATCH, MSG_WAITFORONE, NULL), ready = 0;
        for (int i = 0; i < n; i++) {
            int size = answer(in[i], came[i].msg_len, out[ready]);
            if (!size) continue;
            put[ready] = (struct iovec){out[ready], size};
            struct in_pktinfo *info = (void *)CMSG_DATA(CMSG_FIRSTHDR(&came[i].msg_hdr));
            info->ipi_spec_dst = info->ipi_addr;
            info->ipi_ifindex = 0;
            goes[ready].msg_hdr = came[i].msg_hdr;
            goes[ready].msg_hdr.msg_iov = &put[ready];
            ready++;
        }
        answered += ready;
        for (int sent = 0; sent < ready;) {
            int k = sendmmsg(s, goes + sent, ready - sent, 0);
            sent += k > 0 ? k : 1;
        }
    }
}
