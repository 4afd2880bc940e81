/** A caller's name as a trunk may deliver it, byte for byte, and what the phones must show for it. */
export interface Caller {
  readonly title: string;
  readonly name: string | Buffer;
  readonly shown: string;
}

const same = (name: string): Caller => ({ title: name, name, shown: name });

/** Callers that have broken dialplans. If one of their commands runs, it creates `file`. */
export function hostileCallers(file: string): readonly Caller[] {
  return [
    same("홍길동"),
    same('(주)한국 "본사", 서울: 1'),
    same('x) y:z \\ "'),
    same("Kim) x:0:1)"),
    same("((("),
    same(`$(touch ${file})`),
    same(`\`touch ${file}\``),
    same(`"; touch ${file}; "`),
    same(`'; touch ${file}; echo '`),
    same(`x):System(touch ${file}`),
    same(`\${SHELL(touch ${file})}`),
    same("${EXTEN}$[1+1]#{EXTEN}"),
    same('a,b"c^d=e'),
    same('" | "1'),
    same("~0~1~2 ~~"),
    same("100% a+b & c=d; e#f?caller_id=1"),
    { title: "CP949", name: Buffer.from("c8abb1e6b5bf", "hex"), shown: "홍길동" },
    { title: "CP949 with parentheses", name: Buffer.from("28c1d629c7d1b1b9", "hex"), shown: "(주)한국" },
    { title: "CP949 whose first bytes are UTF-8", name: Buffer.from("cab886", "hex"), shown: "訶" },
    { title: "UTF-8 cut in a character", name: Buffer.from("홍길동").subarray(0, 8), shown: "홍길" },
    { title: "neither UTF-8 nor CP949", name: Buffer.from("4b696d20ffff", "hex"), shown: "Kim " },
    { title: "control bytes", name: "a\tb\u0001\u007fc", shown: "abc" },
    { title: "a long name", name: "가".repeat(100), shown: "가".repeat(80) },
    { title: "Anonymous", name: "Anonymous", shown: "" },
    { title: "no name", name: "", shown: "" },
  ];
}
