#!/usr/bin/env python3
"""
loop_counters.py FILE...: counters are declared by the loops that use them.

Names each variable that a function declares without a value and that nothing
but the control of "for" loops sets, and their bodies use.  With --fix, moves
the declaration into the loops.
"""
import re
import sys

DECLARATION = re.compile(r'\t(?P<type>[A-Za-z_]\w*)\t+(?P<name>[a-z_]\w*);\n')
MASK = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    """What a comment or a literal is replaced by: as long, and no code."""
    return re.sub(r'[^\n]', ' ', match.group(0))


def closing(code, at):
    """Where the bracket at this place is closed."""
    pairs = {'(': ')', '{': '}'}
    depth = 0
    for i in range(at, len(code)):
        if code[i] == code[at]:
            depth += 1
        elif code[i] == pairs[code[at]]:
            depth -= 1
            if depth == 0:
                return i
    raise ValueError('unbalanced')


def statement_end(code, at):
    """Where the statement ends that starts here, or after white space."""
    at += len(code[at:]) - len(code[at:].lstrip())
    if code[at] == '{':
        return closing(code, at) + 1
    keyword = re.match(r'(for|while|if|switch|do|else)\b', code[at:])
    if keyword is None:
        return code.index(';', at) + 1
    word = keyword.group(1)
    if word in ('do', 'else'):
        end = statement_end(code, at + len(word))
        return code.index(';', end) + 1 if word == 'do' else end
    end = statement_end(code, closing(code, code.index('(', at)) + 1)
    if word == 'if':
        more = re.match(r'\s*else\b', code[end:])
        if more:
            end = statement_end(code, end + more.end())
    return end


def functions(code):
    """The bodies of functions: from a brace in the first column to its end."""
    for match in re.finditer(r'^\{', code, re.M):
        end = re.compile(r'^\}', re.M).search(code, match.start())
        if end:
            yield match.start(), end.end()


def loops_of(code, name, start, end):
    """The loops that set the variable first, if all its uses are in these."""
    loops = []
    for match in re.finditer(r'\bfor \(%s = ' % name, code[start:end]):
        at = start + match.start()
        try:
            loops.append((at, statement_end(code, at)))
        except ValueError:
            return []
    if any(a < c < b for a, b in loops for c, _ in loops):
        return []
    for use in re.finditer(r'(?<![\w.>])%s\b' % name, code[start:end]):
        at = start + use.start()
        if not any(a < at < b for a, b in loops):
            return []
    return loops


def check(path, fix):
    text = open(path).read()
    found = 0
    while True:
        code = MASK.sub(blank, text)
        change = None
        for start, end in functions(code):
            for match in DECLARATION.finditer(code, start, end):
                if match.group('type') in ('return', 'goto', 'static'):
                    continue
                loops = loops_of(code, match.group('name'), match.end(), end)
                # with a comment it is more than a counter
                if loops and text[match.start():match.end()] == match.group(0):
                    change = match, loops
                    break
            if change:
                break
        if change is None:
            break
        match, loops = change
        found += 1
        line = text.count('\n', 0, match.start()) + 1
        print('%s:%d: "%s" is set and used by loops alone' % (path, line, match.group('name')))
        for at, _ in sorted(loops, reverse=True):
            text = text[:at + 5] + match.group('type') + ' ' + text[at + 5:]
        text = text[:match.start()] + text[match.end():]
        if text[:match.start()].endswith('{\n') and text[match.start()] == '\n':
            text = text[:match.start()] + text[match.start() + 1:]
    if fix and found:
        open(path, 'w').write(text)
    return found


def main():
    files = sys.argv[1:]
    fix = files[:1] == ['--fix']
    found = sum(check(path, fix) for path in files[1 if fix else 0:])
    sys.exit(1 if found and not fix else 0)


main()
