/*
 * check_state.c
 *	  Reports what a check of an index finds.
 */
#include "postgres.h"

#include "ann/core/check_state.h"

void
kg_check_report(KgCheck *check, BlockNumber block, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	check->reporter->report(check->reporter->arg, block, format, args);
	va_end(args);
	check->problems++;
}
