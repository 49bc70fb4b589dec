#!/bin/sh
# Makes the models and expected answers with fastText 0.9.2 (Debian package "fasttext", one thread).
set -e
T="-thread 1 -seed 1 -epoch 80 -lr 0.8 -verbose 0"
awk '{for (k = 0; k < 10; k++) print "__label__l" NR*10+k, $(2 + (k*7+NR) % (NF-1)), $(2 + (k*3+NR*5) % (NF-1))}' train.txt > many.txt
fasttext supervised -input train.txt -output softmax $T -dim 4 -loss softmax
fasttext supervised -input train.txt -output ngrams $T -dim 5 -loss softmax -wordNgrams 3 -bucket 200
fasttext supervised -input train.txt -output hs $T -dim 4 -loss hs -minn 2 -maxn 4 -bucket 200
fasttext supervised -input train.txt -output ova $T -dim 4 -loss ova -minn 1 -maxn 3 -bucket 200 -wordNgrams 2
fasttext supervised -input train.txt -output ns $T -dim 4 -loss ns -neg 2 -minn 3 -maxn 3 -bucket 200
for q in plain qnorm pruned cut; do
	fasttext supervised -input train.txt -output $q $T -dim 5 -loss softmax -minn 2 -maxn 4 -bucket 400 -wordNgrams 2
done
fasttext quantize -input train.txt -output plain -verbose 0
fasttext quantize -input train.txt -output qnorm -verbose 0 -qnorm
fasttext quantize -input train.txt -output pruned -verbose 0 -qnorm -cutoff 270
fasttext quantize -input train.txt -output cut -verbose 0 -cutoff 300 -dsub 3
for q in qouths qoutsoftmax; do
	fasttext supervised -input many.txt -output $q $T -dim 4 -loss ${q#qout} -minn 2 -maxn 3 -bucket 100
done
fasttext quantize -input many.txt -output qouths -verbose 0 -qout -qnorm
fasttext quantize -input many.txt -output qoutsoftmax -verbose 0 -qout
rm -f plain.bin qnorm.bin pruned.bin cut.bin qout*.bin *.vec many.txt
for m in *.bin *.ftz; do
	fasttext predict-prob $m lines.txt 20 > ${m%.*}.all
	fasttext predict-prob $m lines.txt 2 0.2 > ${m%.*}.two
done
