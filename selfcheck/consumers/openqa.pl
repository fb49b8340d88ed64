# SPDX-License-Identifier: GPL-2.0-only
#
# What openQA makes of a file of KTAP: for each group its result, then each of its
# steps with its result.
#
# usage: perl -I TREE/lib openqa.pl FILE
use strict;
use warnings;

use OpenQA::Parser qw(parser);

my $parser = parser(KTAP => $ARGV[0]);
my @lines;

die "groups and results are not as many\n" if $parser->tests->size != $parser->results->size;
$parser->results->each(sub {
	my ($group) = @_;
	my @steps = map { $_->{title} =~ s/ *$//r . " $_->{result}" } @{$group->details};

	# Of a group without a result line it shows the output as a whole.
	@steps = grep { !/^\Q@{[$group->name]}\E ok$/ } @steps;
	push @lines, join(' ', $group->name, $group->result, @steps);
});
print "$_\n" for sort @lines;
