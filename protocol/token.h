/* token.h - unguessable ids: 160 random bits in base32 letters (RFC 6120 4.7.3). */
#pragma once

#include <glib.h>

#define ENJ_TOKEN_SIZE 33

/* Fills @buffer with 32 characters and a NUL, and returns it. */
char *enj_token_fill (char buffer[ENJ_TOKEN_SIZE]);
