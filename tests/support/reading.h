/* reading.h - elements as a peer's stream brings them, from a line of XML. */
#pragma once

#include "protocol/element.h"

/* The stream tag that @xml begins with.  Fails the test where there is none. */
EnjElement *enj_test_read_header_new (const char *xml);

/* One first-level element of a jabber:server stream that declares the prefixes stream and db. */
EnjElement *enj_test_read_element_new (const char *xml);
