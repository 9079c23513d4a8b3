/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include <weir/print.h>

char *rig_report(const struct snapshot *snapshot, const struct document_info *info, uint32_t top)
{
	json_t *report = document_report(snapshot, info, top);
	char *text = NULL;
	size_t size;
	struct printer printer = printer_make(open_memstream(&text, &size));

	cr_assert(report != NULL && printer.out != NULL);
	print_report(&printer, report);
	cr_assert_not(printer.failed);
	fclose(printer.out);
	json_decref(report);
	return text;
}
