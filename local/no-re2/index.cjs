throw new Error("re2 is left out of the local stack");
