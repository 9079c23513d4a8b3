/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_SHOW_H
#define WEIR_APP_CTL_SHOW_H

#include <stdbool.h>

#include <weir/print.h>

#include <weir/client_words.h>

/* Print the answer as a table for people; false: there is none for that question. */
bool show_answer(struct printer *printer, const struct question *question, const json_t *answer);

#endif
