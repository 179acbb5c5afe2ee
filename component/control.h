/* control.h - the control socket: D-Bus from peer to peer, for enjambctl and its like.
 *
 * The kernel tells who connects: root and our own user are let in, others are not answered.
 * Few at a time, each with few calls that wait for their answer, and none while descriptors
 * are near their end, for there GLib aborts.  What it offers is in org.enjamb.Control1.xml.
 *
 * Finds out nothing itself, and does nothing: that is the steward's. */
#pragma once

#include "component/reception.h"
#include "component/steward.h"

typedef struct EnjControl EnjControl;

#define ENJ_CONTROL_PATH "/org/enjamb/Control1"
#define ENJ_CONTROL_INTERFACE "org.enjamb.Control1"
#define ENJ_CONTROL_ERROR_INVALID ENJ_CONTROL_INTERFACE ".Error.InvalidArgument"
#define ENJ_CONTROL_ERROR_FAILED ENJ_CONTROL_INTERFACE ".Error.Failed"

/* Listens at @path; @reception sends pings.  @loop is in the default context of the thread, which
 * has to run for a moment after free() for the last connection to go.  G_FILE_ERROR with the path
 * in the message. */
EnjControl *enj_control_new (EnjLoop *loop, EnjSteward *steward, EnjReception *reception,
                             const char *path, GError **error);
void enj_control_free (EnjControl *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjControl, enj_control_free)
