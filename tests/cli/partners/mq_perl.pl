# System V messages by Perl's own functions, and by IPC::Msg.
#   mq_perl.pl send KEY [TYPE TEXT]...    makes the queue if it is missing; prints its identifier
#   mq_perl.pl receive KEY TYPE           takes what there is: a line "TYPE TEXT" for each
#   mq_perl.pl wait KEY                   prints a line, and answers the next message of type 1 by one of type 2
use strict;
use warnings;
use IPC::Msg;
use IPC::SysV qw(IPC_CREAT IPC_NOWAIT);

my ($what, $key, @rest) = @ARGV;
$| = 1;
if ($what eq 'send') {
  my $id = msgget(oct $key, IPC_CREAT | 0600) // die "msgget: $!";
  while (my ($type, $text) = splice @rest, 0, 2) {
    msgsnd($id, pack('l! a*', $type, $text), 0) or die "msgsnd: $!";
  }
  print "$id\n";
} elsif ($what eq 'receive') {
  my $id = msgget(oct $key, 0) // die "msgget: $!";
  while (msgrcv($id, my $message, 65536, $rest[0], IPC_NOWAIT)) {
    my ($type, $text) = unpack 'l! a*', $message;
    print "$type $text\n";
  }
} elsif ($what eq 'wait') {
  my $queue = IPC::Msg->new(oct $key, IPC_CREAT | 0600) or die "IPC::Msg: $!";
  print "ready\n";
  $queue->rcv(my $text, 65536, 1) or die "rcv: $!";
  $queue->snd(2, "answer to $text") or die "snd: $!";
}
