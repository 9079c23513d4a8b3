/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints the names of all findings of `weir check`: what docs/interface.md explains. */
#include <stdio.h>

#include <weir/finding.h>

int main(void)
{
	for (int finding = 0; finding < FINDING_COUNT; finding++)
		puts(finding_name((enum finding)finding));
	return 0;
}
