/* findings.h - what a check has found, each in words that say what is to be done.
 *
 * In order; those of one area and subject that follow each other stand under one heading.
 * Texts of others are to be escaped before they come in here; what is no UTF-8 is replaced.
 *
 * Does not check anything, and does not print. */
#pragma once

#include <glib.h>

typedef struct EnjFindings EnjFindings;

typedef enum
{
  ENJ_FINDING_OK,
  ENJ_FINDING_NOTE, /* worth knowing; nothing has to be done */
  ENJ_FINDING_PROBLEM
} EnjFindingLevel;

EnjFindings *enj_findings_new (void);
void enj_findings_free (EnjFindings *self);

/* All that is added from now on is about @subject, a domain or "", in @area: "config", "dns",
 * "certs", "connectivity".  Static or literal @area; @subject is copied. */
void enj_findings_turn_to (EnjFindings *self, const char *area, const char *subject);

void enj_findings_add (EnjFindings *self, EnjFindingLevel level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* A line for the zone, which the newest finding asks for. */
void enj_findings_add_record (EnjFindings *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

guint enj_findings_count (const EnjFindings *self, EnjFindingLevel level);
gboolean enj_findings_has_problems (const EnjFindings *self);

/* For a person, with a last line that sums up.  New string. */
char *enj_findings_format_new (const EnjFindings *self);

/* For a program: aa{sv}, floating.  Each has area, level ("ok", "note", "problem"), subject and
 * text, of type s, and records, of type as. */
GVariant *enj_findings_to_variant (const EnjFindings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjFindings, enj_findings_free)
