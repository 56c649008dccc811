/* The protocol of mailboxes (mailbox(5), lib/mailbox/), with messages that all need one place of the ring.

   Each access to shared memory and each system call is one step, in one order for all processes; but what only the
   owner of the turn looks at changes together where no death in between could show. Spinning is left out: it only
   looks more often. A count that is read before a sleep is modelled by whether it has changed since.

   A process that is killed stops before any of its steps. The kernel releases its locks, never its turn. */

#define PROCESSES 4 /* at most; the senders come first */
#define SLOTS 4
#define MAX_CAPACITY 4

#ifdef KILLS
#define KILLABLE provided (alive[_pid])
#else
#define KILLABLE
#endif

#define OTHERS_WAIT 8
#define OWNER(word) ((word) & 7) /* 1 + the slot of the one whose turn it is */

mtype = { free, joining, receiving, sending };  /* states of slots */
mtype = { awake, outside, for_turn, for_room, for_head }; /* whether a process sleeps, and for what */

c_decl { \#include <stdlib.h> }
c_code {
  int number_of(const char* name, int otherwise) { return getenv(name) ? atoi(getenv(name)) : otherwise; }
}

/* The world to explore: of the environment, see init */
byte senders, receivers, slots, capacity;
byte messages;    /* of each sender */
byte batch;       /* how many of them a sender sends in one step, if there is room */
byte kills;       /* how many processes may be killed */
bool is_bounded;  /* sleeps end by themselves when nobody moves */
bool is_spurious; /* sleeps end at any time */
bool overwrites;  /* what a full mailbox does */
bool leaves;      /* receivers may leave early */
bool joins_late;  /* receivers may join at the oldest or the last message */
byte omitted;     /* a step that is left out:
                     1 a receiver looks again before it sleeps
                     2 a sender looks again before it sleeps
                     3 who takes over a turn repairs
                     4 and holds the lock of the dead one's slot
                     5 a new owner of a slot ends the turn of the dead one
                     6 who leaves wakes senders
                     7 who joins lowers the floor
                     8 a receiver that may be overtaken looks afterwards
                     9 who wakes changes the count */

/* The kernel, and what is checked */
bool alive[PROCESSES + 1];
mtype asleep[PROCESSES + 1] = awake;
byte owner[SLOTS]; /* the process that has the lock of the slot, or 0 */
byte left;         /* senders that have not ended */
bool is_unchanged[PROCESSES + 1]; /* the count that a process has read before it sleeps: arrivals, room */
byte idle;         /* how often all were woken since anything has changed */

/* The mailbox */
byte turn, floor, last, head, oldest, sent, wanted;
bool receivers_sleep, senders_sleep;
mtype state[SLOTS] = free;
byte cursor[SLOTS];
byte ring[MAX_CAPACITY]; /* 1 + the number of the message, 0 while it is written */

/* The kernel gives back the locks of a process. After the last sender, no more messages are waited for. */
inline die(process) {
  d_step {
    alive[process] = false;
    asleep[process] = awake;
    is_unchanged[process] = false;
    left = left - (process <= senders -> 1 : 0);
    for (s : 0 .. SLOTS - 1) {
      if
      :: owner[s] == process -> owner[s] = 0
      :: owner[s] != process && left == 0 && asleep[owner[s]] == for_head && cursor[s] == head ->
        asleep[owner[s]] = awake
      :: else
      fi
    }
    s = 0;
    idle = 0
  }
}

inline sleep(is_expected, reason) {
  d_step {
    if
    :: is_expected -> asleep[_pid] = reason
    :: else
    fi
  }
  if
  :: asleep[_pid] == awake
  :: is_spurious && asleep[_pid] != awake -> asleep[_pid] = awake
  fi
}

inline wake_all(reason) {
  d_step {
    for (p : 1 .. PROCESSES) {
      if
      :: asleep[p] == reason -> asleep[p] = awake
      :: else
      fi
    }
    p = 0
  }
}

/* Moves the count on which those sleep, and wakes them. Senders read `room` alone, receivers `arrivals`. */
inline count_up(reason) {
  d_step {
    for (p : 1 .. PROCESSES) {
      if
      :: (p <= senders) == (reason == for_room) -> is_unchanged[p] = false
      :: else
      fi
    }
    p = 0;
    must_wake = false
  }
}

/* One of the kernel's choice. */
inline wake_one(reason) {
  atomic {
    must_wake = false;
    if
    :: asleep[1] == reason -> asleep[1] = awake
    :: asleep[2] == reason -> asleep[2] = awake
    :: asleep[3] == reason -> asleep[3] = awake
    :: asleep[4] == reason -> asleep[4] = awake
    :: else
    fi
  }
}

/* Participants */

inline repair() {
  p = (last > oldest -> last : oldest);
  do
  :: p < head ->
    last = p;
    sent = p + 1;
    p++
  :: else -> p = 0; break
  od
}

inline check_turn() {
  assert(OWNER(turn) == slot + 1 && sent == head && (head == 0 || last == head - 1))
}

inline take_over_from_dead() {
  d_step {
    other = OWNER(now) - 1;
    is_locked = other != slot && owner[other] == 0;
    if
    :: is_locked && omitted != 4 -> owner[other] = _pid
    :: else
    fi
  }
  if
  :: is_locked ->
    d_step {
      is_locked = false;
      if
      :: turn == now -> turn = (slot + 1) | OTHERS_WAIT; now = 0; idle = 0
      :: else
      fi
    }
    if
    :: now == 0 ->
      state[other] = free;
      if
      :: omitted != 3 -> repair()
      :: else
      fi
    :: else
    fi;
    atomic {
      if
      :: owner[other] == _pid -> owner[other] = 0
      :: else
      fi
    }
  :: else
  fi;
  other = 0
}

inline take_turn() {
  d_step {
    if
    :: turn == 0 -> turn = slot + 1; now = 0
    :: else -> now = turn
    fi
  }
  do
  :: now == 0 -> break
  :: else ->
    d_step {
      if
      :: turn == 0 -> turn = (slot + 1) | OTHERS_WAIT; now = 0
      :: else -> turn = turn | OTHERS_WAIT; now = turn
      fi
    }
    if
    :: now == 0
    :: else ->
      sleep(turn == now, for_turn);
      if
      :: turn == now -> take_over_from_dead()
      :: else
      fi
    fi
  od
}

inline end_turn() {
  atomic { must_wake = turn >= OTHERS_WAIT; turn = 0 }
  if
  :: must_wake -> wake_one(for_turn)
  :: else
  fi
}

inline wake(flag, reason) {
  if
  :: flag ->
    d_step { must_wake = flag; flag = false }
    if
    :: must_wake && omitted != 9 -> count_up(reason); wake_all(reason)
    :: must_wake && omitted == 9 -> must_wake = false; wake_all(reason)
    :: else
    fi
  :: else
  fi
}

/* The turn of a process that died in this slot ends. */
inline take_slot() {
  d_step {
    owner[0] == 0 || owner[1] == 0 && slots > 1 || owner[2] == 0 && slots > 2 || owner[3] == 0 && slots > 3;
    do
    :: owner[slot] != 0 -> slot++
    :: else -> break
    od;
    owner[slot] = _pid;
    asleep[_pid] = awake
  }
  state[slot] = joining;
  if
  :: OWNER(turn) == slot + 1 && omitted != 5 -> repair(); end_turn()
  :: else
  fi
}

inline leave() {
  state[slot] = free;
  if
  :: omitted != 6 -> wake(senders_sleep, for_room)
  :: else
  fi;
  die(_pid)
}

/* Senders */

inline look_for_room() {
  d_step {
    has_room = overwrites || end <= oldest || end <= floor;
    if
    :: has_room
    :: else ->
      lowest = head;
      for (p : 0 .. SLOTS - 1) {
        if
        :: state[p] == receiving && cursor[p] < lowest -> lowest = cursor[p]
        :: else
        fi
      }
      p = 0;
      floor = lowest;
      has_room = end <= lowest;
      lowest = 0
    fi
  }
}

#define IS_DEAD_RECEIVER(s) (state[s] == receiving && cursor[s] < end && owner[s] == 0)

inline forget_dead() {
  do
  :: d_step {
      IS_DEAD_RECEIVER(0) || IS_DEAD_RECEIVER(1) || IS_DEAD_RECEIVER(2) || IS_DEAD_RECEIVER(3) ->
      do
      :: IS_DEAD_RECEIVER(other) -> break
      :: else -> other++
      od;
      owner[other] = _pid
    }
    state[other] = free;
    d_step { owner[other] = 0; other = 0; idle = 0 }
  :: else -> break
  od
}

inline send() {
  do
  :: take_turn();
    atomic { check_turn(); end = (head + 1 > capacity -> head + 1 - capacity : 0) }
    look_for_room();
    if
    :: has_room -> break
    :: else -> forget_dead(); look_for_room()
    fi;
    if
    :: has_room -> break
    :: else
    fi;
    is_unchanged[_pid] = true;
    /* capacity / 2 pays */
    d_step {
      lowest = head + (capacity > 3 -> capacity / 2 : 1) - capacity;
      if
      :: senders_sleep && wanted < lowest -> lowest = wanted
      :: else
      fi
    }
    wanted = lowest;
    d_step { senders_sleep = true; lowest = 0 }
    if
    :: omitted != 2 -> look_for_room()
    :: else
    fi;
    if
    :: has_room -> has_room = false; end_turn()
    :: else ->
      end_turn();
      sleep(is_unchanged[_pid], for_room)
    fi;
    d_step { is_unchanged[_pid] = false; end = 0 }
  od;
  do /* those of one step do not overwrite each other */
  :: has_room ->
    atomic { has_room = false; oldest = (end > oldest -> end : oldest); end = 0 }
    d_step { check_turn(); ring[(head + begun) % capacity] = 0 }
    d_step {
      check_turn();
      assert(ring[(head + begun) % capacity] == 0);
      ring[(head + begun) % capacity] = sent + begun + 1;
      begun++;
      end = (head + begun + 1 > capacity -> head + begun + 1 - capacity : 0)
    }
    if
    :: begun < batch && count + begun < messages && end <= head -> look_for_room()
    :: else
    fi
  :: else -> break
  od;
  atomic { head = head + begun; count = count + begun; begun = 0; end = 0; idle = 0 }
  last = head - 1;
  sent = head;
  end_turn();
  wake(receivers_sleep, for_head)
}

proctype sender() KILLABLE {
  byte slot = _pid - 1;
  byte p, s, other, now, end, lowest, count, begun;
  bool is_locked, must_wake, has_room;
  do
  :: count < messages -> send()
  :: else -> break
  od;
  leave();
}

/* Receivers */

inline join() {
  take_turn();
  m_head = head;
  if
  :: position = m_head
  :: joins_late && oldest < m_head -> position = oldest
  :: joins_late && oldest < m_head -> position = last
  fi;
  if
  :: floor > position && omitted != 7 -> floor = position
  :: else
  fi;
  cursor[slot] = position;
  state[slot] = receiving;
  end_turn();
  wake(senders_sleep, for_room)
}

inline wait_for_message() {
  m_head = head;
  do
  :: m_head != position || left == 0 && head == position -> break
  :: else ->
    is_unchanged[_pid] = true;
    receivers_sleep = true;
    if
    :: omitted != 1 -> m_head = head
    :: else
    fi;
    if
    :: m_head != position
    :: else ->
      sleep(is_unchanged[_pid] && left > 0, for_head);
      if
      :: omitted == 1 -> m_head = head
      :: else
      fi
    fi;
    is_unchanged[_pid] = false
  od
}

inline release() {
  d_step { position++; cursor[slot] = position; idle = 0 }
  if
  :: senders_sleep ->
    if
    :: position >= wanted -> wake(senders_sleep, for_room)
    :: else
    fi
  :: else
  fi
}

inline read_in_place() {
  assert(ring[position % capacity] == position + 1);
  assert(ring[position % capacity] == position + 1);
  release()
}

inline read_copy() {
  copy = ring[position % capacity];
  if
  :: oldest > position && omitted != 8 -> position = oldest; m_head = head; cursor[slot] = position
  :: else ->
    assert(copy == position + 1);
    release()
  fi;
  copy = 0
}

proctype receiver() KILLABLE {
  byte slot;
  byte p, s, other, now, position, m_head, copy;
  bool is_locked, must_wake;
  take_slot();
  join();
  do
  :: wait_for_message();
    if
    :: m_head == position -> break
    :: m_head != position && overwrites -> read_copy()
    :: m_head != position && !overwrites -> read_in_place()
    fi
  :: leaves -> break
  od;
  leave()
}

/* The environment */

proctype killer() {
  byte p, s;
  do
  :: atomic {
      kills > 0;
      if
      :: alive[1] -> p = 1
      :: alive[2] -> p = 2
      :: alive[3] -> p = 3
      :: alive[4] -> p = 4
      fi;
      kills--;
      die(p)
    }
  od
}

#define IS_STILL(process) (!alive[process] || asleep[process] != awake)
#define IS_ASLEEP(process) (asleep[process] != awake && asleep[process] != outside)
#define NOBODY_MOVES (IS_STILL(1) && IS_STILL(2) && IS_STILL(3) && IS_STILL(4))
#define SOMEBODY_SLEEPS (IS_ASLEEP(1) || IS_ASLEEP(2) || IS_ASLEEP(3) || IS_ASLEEP(4))

/* Nobody sleeps for ever. */
proctype clock() {
  byte p;
  do
  :: d_step {
      !is_spurious && NOBODY_MOVES && SOMEBODY_SLEEPS ->
      assert(is_bounded && idle < 2);
      idle++;
      for (p : 1 .. PROCESSES) {
        if
        :: IS_ASLEEP(p) -> asleep[p] = awake
        :: else
        fi
      }
      p = 0
    }
  od
}

init {
  byte p;
  d_step {
    c_code {
      now.senders = number_of("SENDERS", 2);
      now.receivers = number_of("RECEIVERS", 1);
      now.slots = number_of("SLOTS", 4);
      now.capacity = number_of("CAPACITY", 2);
      now.messages = number_of("MESSAGES", 2);
      now.batch = number_of("BATCH", 1);
      now.leaves = number_of("LEAVES", 0);
      now.joins_late = number_of("JOINS_LATE", 0);
      now.kills = number_of("KILLS", 0);
      now.is_bounded = number_of("BOUNDED", 0);
      now.is_spurious = number_of("SPURIOUS", 0);
      now.overwrites = number_of("OVERWRITES", 0);
      now.omitted = number_of("OMITTED", 0);
    }
    left = senders;
    for (p : 1 .. senders) {
      owner[p - 1] = p;
      state[p - 1] = sending
    }
    for (p : 1 .. senders + receivers) {
      alive[p] = true;
      asleep[p] = (p > senders -> outside : awake)
    }
    p = 0
  }
  atomic {
    for (p : 1 .. senders) { run sender() }
    for (p : 1 .. receivers) { run receiver() }
    p = 0;
    run killer();
    run clock()
  }
}
