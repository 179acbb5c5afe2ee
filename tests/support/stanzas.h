/* stanzas.h - stanzas as text, for tests of what is made of them.
 *
 * The text is the canonical form with ' in the place of ", which C has to
 * escape. */
#pragma once

#include "protocol/stanza.h"

/* Fails the test where @xml is no stanza. */
EnjStanza *enj_test_stanza_new (const char *xml);

char *enj_test_stanza_text_new (const EnjStanza *stanza);

/* Appends the text to @string, a GString: what services send with. */
void enj_test_stanza_collect (EnjStanza *stanza, gpointer string);
